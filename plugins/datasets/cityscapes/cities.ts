/** The cities of each split of the official data (Cordts et al., CVPR 2016, and the data set's folders). */
export const cities = {
  train: [
    'aachen',
    'bochum',
    'bremen',
    'cologne',
    'darmstadt',
    'dusseldorf',
    'erfurt',
    'hamburg',
    'hanover',
    'jena',
    'krefeld',
    'monchengladbach',
    'strasbourg',
    'stuttgart',
    'tubingen',
    'ulm',
    'weimar',
    'zurich',
  ],
  val: ['frankfurt', 'lindau', 'munster'],
  test: ['berlin', 'bielefeld', 'bonn', 'leverkusen', 'mainz', 'munich'],
} as const;

export type TrainCity = (typeof cities.train)[number];
