import sharp from 'sharp';

// Samples are decoded side by side on libuv's threads: more threads for each picture would only get in each other's
// way, and a cache of decoded pictures would keep what no epoch asks for again soon.
sharp.concurrency(1);
sharp.cache(false);

/** sharp, set for loading many small samples; whoever decodes pictures takes it from here. */
export { sharp };
