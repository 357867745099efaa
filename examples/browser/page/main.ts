/**
 * Loads an exported model and predicts on a chosen image, a dropped one or the camera. After each prediction the document
 * gets an event `predicted` with the values, for programs that use the page. `?backend=wasm` names what computes.
 */
import * as tf from '@tensorflow/tfjs';
import { backendNames, backends, startBackend, type Backend } from './backend.js';
import { ExportedModel, type Values } from './model.js';
import { find, showError, showResults, showStatus } from './view.js';

export interface Prediction {
  readonly backend: Backend;
  readonly milliseconds: number;
  /** By task. */
  readonly values: Readonly<Record<string, Values>>;
}

type Source = ImageBitmap | HTMLVideoElement;

const asked = new URLSearchParams(location.search).get('backend');
const picker = find<HTMLSelectElement>('backend');
const cameraButton = find<HTMLButtonElement>('camera');
const video = find<HTMLVideoElement>('video');

let model: ExportedModel;
let backend: Backend;
/** The last image, for another backend. */
let last: ImageData | undefined;

await start().catch(fail);

/** The weights come to plain memory, and from there to whatever computes. */
async function start(): Promise<void> {
  await tf.setBackend('cpu');
  model = await ExportedModel.load('model/model.json');
  const { height, width } = model.metadata.input;
  find('size').textContent =
    `The network sees ${width} × ${height} pixels: an image of another size is stretched to that.`;
  await computeBy(backends.find((name) => name === asked));
}

async function computeBy(wanted: Backend | undefined): Promise<void> {
  const { height, width } = model.metadata.input;
  showStatus('Preparing the model …');
  // The first prediction also compiles what the graphics card runs.
  backend = await startBackend(wanted, async () => {
    await model.predict(new Uint8ClampedArray(4 * height * width));
  });
  picker.replaceChildren(
    ...backends.map((name) => new Option(backendNames[name], name, false, name === backend)),
  );
  showStatus(`Ready, on ${backendNames[backend]}.`);
  if (wanted && backend !== wanted)
    showError(`${backendNames[wanted]} cannot be used in this browser or on this device.`);
}

function fail(error: unknown): void {
  console.error(error);
  showError(
    error instanceof Error ? error.message : 'Something went wrong; the browser’s console says what.',
  );
}

/** Predicts, one image at a time, and shows it. */
async function predict(source: Source | ImageData): Promise<void> {
  const pixels = source instanceof ImageData ? source : pixelsOf(source);
  last = pixels;
  const before = performance.now();
  const values = await model.predict(pixels.data);
  const milliseconds = performance.now() - before;
  showResults(model.metadata, pixels, values);
  showStatus(`${backendNames[backend]}: ${milliseconds.toFixed(0)} ms for this image.`);
  const detail: Prediction = { backend, milliseconds, values };
  document.dispatchEvent(new CustomEvent('predicted', { detail }));
}

/** At the model's size; one that has it already keeps every pixel. */
function pixelsOf(source: Source): ImageData {
  const { height, width } = model.metadata.input;
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', { willReadFrequently: true })!;
  context.imageSmoothingQuality = 'high';
  context.drawImage(source, 0, 0, width, height);
  return context.getImageData(0, 0, width, height);
}

async function predictFile(file: File | undefined): Promise<void> {
  if (!file) return;
  stopCamera();
  showError();
  try {
    await predict(await opened(file));
  } catch (error) {
    fail(error);
  }
}

async function opened(file: File): Promise<ImageBitmap> {
  try {
    return await createImageBitmap(file);
  } catch (error) {
    throw new Error(`${file.name} cannot be read as a picture. Try a PNG, JPEG or WebP file.`, {
      cause: error,
    });
  }
}

async function startCamera(): Promise<void> {
  showError();
  try {
    video.srcObject = await camera();
    await video.play();
    cameraButton.setAttribute('aria-pressed', 'true');
    cameraButton.textContent = 'Stop the camera';
    while (video.srcObject) {
      await predict(video);
      await new Promise(requestAnimationFrame);
    }
  } catch (error) {
    stopCamera();
    fail(error);
  }
}

async function camera(): Promise<MediaStream> {
  // Pages that come neither by https nor from this machine have no such thing.
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  if (!devices)
    throw new Error('The camera is only there for pages that come by https or from this machine.');
  try {
    return await devices.getUserMedia({ video: { facingMode: 'environment' } });
  } catch (error) {
    const isRefused = (error as Error).name === 'NotAllowedError';
    const message = isRefused
      ? 'The camera may not be used. Allow it in the browser’s settings for this page, and try again.'
      : 'No camera was found. Choose an image instead.';
    throw new Error(message, { cause: error });
  }
}

function stopCamera(): void {
  for (const track of (video.srcObject as MediaStream | null)?.getTracks() ?? []) track.stop();
  video.srcObject = null;
  cameraButton.setAttribute('aria-pressed', 'false');
  cameraButton.textContent = 'Use the camera';
}

find<HTMLInputElement>('file').addEventListener('change', ({ target }) => {
  const input = target as HTMLInputElement;
  void predictFile(input.files?.[0]).then(() => (input.value = '')); // so that the same file can be chosen again
});

cameraButton.addEventListener('click', () => {
  if (video.srcObject) stopCamera();
  else void startCamera();
});

picker.addEventListener('change', () => {
  showError();
  void computeBy(picker.value as Backend)
    .then(() => last && predict(last))
    .catch(fail);
});

const drop = find('drop');
document.addEventListener('dragover', (event) => {
  event.preventDefault();
  drop.classList.add('over');
});
document.addEventListener('dragleave', () => drop.classList.remove('over'));
document.addEventListener('drop', (event) => {
  event.preventDefault();
  drop.classList.remove('over');
  void predictFile(event.dataTransfer?.files[0]);
});
