/** Overrides that make a config of the examples so small that an epoch takes a second. */
export const tiny: readonly string[] = [
  'engine={"name":"wasm","threads":1}',
  'dataset.size=[32,64]',
  'dataset.train=8',
  'dataset.val=4',
  'backbone.width=4',
  'architecture.decoderChannels=4',
  'consistency.transferNet.channels=4',
  'train.batchSize=4',
];
