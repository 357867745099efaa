/** A worker thread that trains the tiny network on the engine it is given and posts the losses. */
import 'reflect-metadata';
import { parentPort, workerData } from 'node:worker_threads';
import { twentySteps } from './programs.js';

const { losses } = await twentySteps(workerData);
parentPort?.postMessage(losses);
