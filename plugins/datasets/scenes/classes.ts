/** The seven classes, numbered like the Cityscapes categories (Cordts et al., CVPR 2016) and shown in their colours. */
export const classNames = ['ground', 'building', 'object', 'tree', 'sky', 'person', 'vehicle'] as const;

export const classIds = {
  ground: 0,
  building: 1,
  object: 2,
  tree: 3,
  sky: 4,
  person: 5,
  vehicle: 6,
} as const satisfies Record<(typeof classNames)[number], number>;

export const classColors = [
  [128, 64, 128],
  [70, 70, 70],
  [153, 153, 153],
  [107, 142, 35],
  [70, 130, 180],
  [220, 20, 60],
  [0, 0, 142],
] as const;

/** Every pixel of a rendered scene has a class; the id is reserved all the same. */
export const voidId = 255;
