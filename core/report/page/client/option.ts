import type { EChartsCoreOption } from 'echarts/core';
import type { ChartView, CurveView } from '../../views.js';

/** CSS colours and the page's font. */
export interface Theme {
  readonly curves: readonly string[];
  readonly ink: string;
  readonly muted: string;
  readonly rule: string;
  readonly card: string;
  readonly font: string;
}

/** Points up to which each one is marked, with a shape for each colour. */
const fewPoints = 30;
const shapes = ['circle', 'rect', 'triangle', 'diamond'] as const;

/** A chart as ECharts takes it. Its title, legend and words are the page's own, where everybody can read them. */
export function optionOf(view: ChartView, theme: Theme): EChartsCoreOption {
  const { unit, scale, curves } = view;
  const axis = {
    axisLabel: { color: theme.muted, fontFamily: theme.font, fontSize: 11, hideOverlap: true },
    axisLine: { lineStyle: { color: theme.rule } },
    axisTick: { show: false },
  };
  return {
    animation: false,
    grid: {
      left: 4,
      right: 12,
      top: 14,
      bottom: 4,
      outerBoundsMode: 'same',
      outerBoundsContain: 'axisLabel',
    },
    tooltip: {
      trigger: 'axis',
      confine: true,
      backgroundColor: theme.card,
      borderColor: theme.rule,
      textStyle: { color: theme.ink, fontFamily: theme.font, fontSize: 12 },
      axisPointer: { lineStyle: { color: theme.muted }, label: { formatter: '{value}' } },
      valueFormatter: (value: unknown) => `${shown(value)}${unit && ` ${unit}`}`,
    },
    xAxis: {
      ...axis,
      type: 'value',
      max: ({ max }: { readonly max: number }) => Math.ceil(max),
      min: 0,
      minInterval: 1,
      splitLine: { show: false },
      axisPointer: {
        label: { show: true, formatter: ({ value }: { value: unknown }) => `${view.xUnit} ${shown(value)}` },
      },
    },
    yAxis: {
      ...axis,
      type: scale === 'log' ? 'log' : 'value',
      scale: true,
      splitNumber: 4,
      axisLabel: { ...axis.axisLabel, formatter: shown },
      splitLine: { lineStyle: { color: theme.rule } },
    },
    series: [
      ...levelOf(view, theme),
      ...curves.map((curve) => seriesOf(curve, theme)),
      ...bestOf(view, theme),
    ],
  };
}

function seriesOf({ name, points, look, color }: CurveView, theme: Theme): object {
  const isPale = look === 'pale';
  const paint = theme.curves[color % theme.curves.length]!;
  return {
    type: 'line',
    name,
    data: points,
    color: paint,
    symbol: shapes[color % shapes.length],
    symbolSize: 6,
    showSymbol: !isPale && points.length <= fewPoints,
    silent: isPale,
    emphasis: { disabled: true },
    tooltip: { show: !isPale },
    lineStyle: {
      color: paint,
      width: isPale ? 1 : 2,
      opacity: isPale ? 0.35 : 1,
      type: look === 'solid' || isPale ? 'solid' : look,
    },
    z: isPale ? 1 : 3,
  };
}

function levelOf({ level, curves }: ChartView, { muted }: Theme): readonly object[] {
  if (!level) return [];
  const end = Math.max(...curves.map(({ points }) => points.at(-1)![0]));
  return [
    {
      type: 'line',
      name: level.name,
      data: [
        [0, level.y],
        [end, level.y],
      ],
      showSymbol: false,
      silent: true,
      tooltip: { show: false },
      color: muted,
      lineStyle: { color: muted, width: 1.5, type: 'dashed' },
      z: 0,
    },
  ];
}

function bestOf({ best }: ChartView, { ink, card }: Theme): readonly object[] {
  if (!best) return [];
  return [
    {
      type: 'line',
      name: 'best model',
      data: [best],
      symbol: 'diamond',
      symbolSize: 13,
      silent: true,
      tooltip: { show: false },
      itemStyle: { color: ink, borderColor: card, borderWidth: 2 },
      z: 5,
    },
  ];
}

/** Four digits. */
function shown(value: unknown): string {
  return typeof value === 'number' ? String(Number(value.toPrecision(4))) : String(value);
}
