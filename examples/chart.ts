import * as echarts from 'echarts';
import sharp from 'sharp';

/** Draws a chart on white, without a browser, and writes it as a PNG file. Sizes in pixels. */
export async function writeChart(
  option: echarts.EChartsCoreOption,
  { width, height }: { readonly width: number; readonly height: number },
  file: string,
): Promise<void> {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width, height });
  chart.setOption({ animation: false, backgroundColor: '#ffffff', ...option });
  await sharp(Buffer.from(chart.renderToSVGString())).png().toFile(file);
  chart.dispose();
}
