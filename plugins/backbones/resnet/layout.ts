/** Blocks per stage and kind of block of the published ResNets (He et al. 2016, Table 1). */
export const layouts = {
  resnet18: { block: 'basic', blocks: [2, 2, 2, 2] },
  resnet34: { block: 'basic', blocks: [3, 4, 6, 3] },
  resnet50: { block: 'bottleneck', blocks: [3, 4, 6, 3] },
  resnet101: { block: 'bottleneck', blocks: [3, 4, 23, 3] },
  resnet152: { block: 'bottleneck', blocks: [3, 8, 36, 3] },
} as const satisfies Record<string, ResNetLayout>;

export interface ResNetLayout {
  readonly block: 'basic' | 'bottleneck';
  readonly blocks: readonly [number, number, number, number];
}

/** Output channels of a block per channel of its stage. */
export const expansion = { basic: 1, bottleneck: 4 } as const;
