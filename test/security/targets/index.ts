import { hdf5, mat5, npy, npySample } from './arrays.js';
import { imageOther, imagePngJpeg, labelPng } from './pictures.js';
import type { TargetMaker } from './target.js';
import { camera, configText, runFolder } from './texts.js';
import { cacheEntry, checkpoint, safetensors } from './weights.js';

/** Every format that is read from anywhere, by name. */
export const targets: Readonly<Record<string, TargetMaker>> = {
  safetensors,
  checkpoint,
  cacheEntry,
  npy,
  npySample,
  mat5,
  hdf5,
  labelPng,
  imagePngJpeg,
  imageOther,
  configText,
  runFolder,
  camera,
};

export type { Target } from './target.js';
