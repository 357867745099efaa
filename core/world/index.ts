export { currentPart, meanOverRanks, meansOverRanks, type BatchPart } from './current.js';
export { localPlace, worldFromEnvironment, type Launch, type LocalPlace } from './launch.js';
