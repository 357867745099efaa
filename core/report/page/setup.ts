import { stringify } from 'yaml';
import type { RunHistory } from '../history.js';
import { html, type Content, type Html } from './html.js';

/** The run's config and environment. */
export function setup({ stored, environment, path }: RunHistory): Html {
  const {
    crosstask,
    node,
    platform,
    processor,
    memory,
    tensorflow,
    engine,
    engineDetail,
    seed,
    git,
    started,
  } = environment ?? {};
  const entries: readonly (readonly [string, Content])[] = [
    ['run folder', path],
    ['config from', stored.file ?? 'a program or a preset'],
    ['started', started],
    ['crosstask', crosstask],
    ['engine', [engine, engineDetail].filter((part) => part !== undefined).join(': ')],
    ['TensorFlow.js', tensorflow],
    ['Node', node],
    ['platform', platform],
    ['processor', processor && `${processor.model}, ${processor.cores} cores`],
    ['memory', memory === undefined ? undefined : `${memory} GiB`],
    ['seed', seed],
    ['git', git && `${git.commit}${git.dirty ? ', with changes' : ''}`],
  ];
  const known = entries.filter(([, value]) => value !== undefined && value !== '');
  return html`<details class="card">
      <summary>Config</summary>
      <pre tabindex="0" aria-label="The run’s config">${stringify(stored.config)}</pre>
    </details>
    <details class="card">
      <summary>Environment</summary>
      <div class="wide" tabindex="0" role="group" aria-label="Environment">
        <table>
          <caption class="hidden">
            Environment
          </caption>
          <tbody>
            ${known.map(
              ([name, value]) =>
                html`<tr>
                  <th scope="row">${name}</th>
                  <td>${value}</td>
                </tr>`,
            )}
          </tbody>
        </table>
      </div>
    </details>`;
}
