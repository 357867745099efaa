import { gramianMethod } from '../common/gramian-method.js';
import { imtlL } from '../losses/imtl-l.js';
import { imtlG } from './imtl-g.js';

/**
 * IMTL, impartial multi-task learning (Liu et al. 2021, https://openreview.net/forum?id=IMPnRXEWpvr): IMTL-L brings the
 * losses to one size, and IMTL-G combines the gradients of what comes out, with equal projections onto all of them.
 */
export const imtl = gramianMethod({
  description: 'IMTL: IMTL-G over IMTL-L (Liu et al. 2021).',
  options: {},
  before: (deps) => imtlL.create({}, deps),
  rule: imtlG.rule,
});
