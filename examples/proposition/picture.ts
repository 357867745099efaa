import { writeChart } from '../chart.js';
import type { Measured } from './means.js';

/** One diagram: distances from the direct prediction, with ξ_Y as a grey line. */
export interface Panel {
  readonly title: string;
  /** What runs from left to right. */
  readonly axis: string;
  readonly noise: number;
  readonly lines: readonly Measured[];
  readonly dots?: readonly Measured[];
}

const kinds = [
  { key: 'alignment', name: 'alignment', color: '#d62728' },
  { key: 'consistency', name: 'consistency (XTC)', color: '#1f77b4' },
] as const;
const [width, height, gap] = [400, 260, 80];

/** Two panels in a row. */
export async function drawPanels(panels: readonly Panel[], file: string): Promise<void> {
  const left = (index: number): number => gap + (index % 2) * (width + gap);
  const top = (index: number): number => gap + Math.floor(index / 2) * (height + 1.2 * gap);
  const size = {
    width: 2 * (width + gap) + gap / 2,
    height: Math.ceil(panels.length / 2) * (height + 1.2 * gap) + gap,
  };
  await writeChart(
    {
      legend: { bottom: 10, itemGap: 24, data: [...kinds.map(({ name }) => name), 'noise of y'] },
      title: panels.map(({ title }, index) => ({
        text: title,
        left: left(index),
        top: top(index) - 36,
        textStyle: { fontSize: 15 },
      })),
      grid: panels.map((_, index) => ({ left: left(index), top: top(index), width, height })),
      xAxis: panels.map(({ axis, lines }, index) => ({
        gridIndex: index,
        name: axis,
        nameLocation: 'middle',
        nameGap: 28,
        min: 0,
        max: lines.at(-1)!.at,
        interval: lines.at(-1)!.at / 4,
        splitLine: { show: false },
      })),
      yAxis: panels.map((_, index) => ({
        gridIndex: index,
        name: 'mean squared distance',
        nameLocation: 'middle',
        nameGap: 34,
        min: 0,
        max: index < 2 ? 1.5 : 5,
        interval: index < 2 ? 0.5 : 1,
      })),
      series: panels.flatMap(seriesOf),
    },
    size,
    file,
  );
}

function seriesOf({ lines, dots = [], noise }: Panel, index: number): readonly object[] {
  const place = { xAxisIndex: index, yAxisIndex: index };
  const end = lines.at(-1)!.at;
  return [
    {
      ...place,
      type: 'line',
      name: 'noise of y',
      data: [[0, noise], [end, noise]], // prettier-ignore
      symbol: 'none',
      color: '#888888',
      lineStyle: { type: 'dashed' },
    },
    ...kinds.flatMap(({ key, name, color }) => [
      {
        ...place,
        type: 'line',
        name,
        color,
        symbol: 'none',
        data: lines.map((point) => [point.at, point[key]]),
      },
      {
        ...place,
        type: 'scatter',
        name,
        color,
        symbolSize: 7,
        data: dots.map((point) => [point.at, point[key]]),
      },
    ]),
  ];
}
