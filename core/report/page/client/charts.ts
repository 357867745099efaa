import { LineChart } from 'echarts/charts';
import { GridComponent, TooltipComponent } from 'echarts/components';
import { init, use, type ECharts, type EChartsCoreOption } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import type { ChartView } from '../../views.js';
import { optionOf, type Theme } from './option.js';

use([LineChart, GridComponent, TooltipComponent, CanvasRenderer]);

/** The page's charts; each is drawn when it first comes into view, so that a page with many opens at once. */
export class Charts {
  private readonly drawn = new Map<string, ECharts>();
  private views: ReadonlyMap<string, ChartView>;
  private readonly resized = new ResizeObserver((entries) => {
    for (const { target } of entries) this.drawn.get(idOf(target))?.resize();
  });

  constructor(views: readonly ChartView[]) {
    this.views = byId(views);
    const seen = new IntersectionObserver(
      (entries) => {
        for (const { target, isIntersecting } of entries) {
          if (!isIntersecting) continue;
          seen.unobserve(target);
          this.draw(target);
        }
      },
      { rootMargin: '300px' },
    );
    for (const element of elements()) seen.observe(element);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.redraw());
    addEventListener('beforeprint', () => elements().forEach((element) => this.draw(element)));
  }

  /** Shows other curves in the same charts. */
  update(views: readonly ChartView[]): void {
    this.views = byId(views);
    for (const element of elements()) {
      const view = this.views.get(idOf(element));
      if (view) element.setAttribute('aria-label', view.summary);
    }
    this.redraw();
  }

  private redraw(): void {
    for (const [id, chart] of this.drawn) chart.setOption(this.option(id), { notMerge: true });
  }

  private draw(element: Element): void {
    const id = idOf(element);
    if (this.drawn.has(id)) return;
    const chart = init(element as HTMLElement);
    this.drawn.set(id, chart);
    chart.setOption(this.option(id));
    this.resized.observe(element);
  }

  private option(id: string): EChartsCoreOption {
    return optionOf(this.views.get(id)!, themeNow());
  }
}

function elements(): readonly Element[] {
  return [...document.querySelectorAll('[data-chart]')];
}

function idOf(element: Element): string {
  return element.getAttribute('data-chart')!;
}

function byId(views: readonly ChartView[]): ReadonlyMap<string, ChartView> {
  return new Map(views.map((view) => [view.id, view]));
}

/** The style sheet's colours, light or dark. */
function themeNow(): Theme {
  const style = getComputedStyle(document.documentElement);
  const color = (name: string): string => style.getPropertyValue(name).trim();
  return {
    curves: Array.from({ length: 7 }, (_, index) => color(`--c${index}`)),
    ink: color('--ink'),
    muted: color('--muted'),
    rule: color('--rule'),
    card: color('--card'),
    font: style.fontFamily,
  };
}
