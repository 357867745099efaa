export { currentPart, meanOverRanks, meansOverRanks, type BatchPart } from './current.js';
export { localRanks, worldFromEnvironment, type Launch } from './launch.js';
