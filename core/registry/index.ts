export { createPart } from './create-part.js';
export { createToken, RunContainer, type Deps, type Token } from './deps.js';
export {
  definePart,
  definePlugin,
  kinds,
  type Kind,
  type Kinds,
  type PartDefinition,
  type Plugin,
  type Preset,
} from './plugin.js';
export {
  nestedKind,
  nestedParts,
  partName,
  partSpec,
  type NestedPart,
  type PartSpec,
} from './part-schema.js';
export { Registry, type PartListing } from './registry.js';
export { tokens, type DataInfo } from './tokens.js';
export { describeIssues } from './zod-issues.js';
