import 'reflect-metadata';
import { container, type DependencyContainer } from 'tsyringe';
import { MtlError } from '../errors.js';

/** A typed key under which a run offers something to its plugins. */
export interface Token<T> {
  readonly description: string;
  /** Carries the type only; never set. */
  readonly type?: T;
}

export function createToken<T>(description: string): Token<T> {
  return Object.freeze({ description });
}

/** What a run offers to its plugins. One per run; nothing is shared between runs in one process. */
export interface Deps {
  /** @throws MtlError `DEPENDENCY_MISSING` where the run does not offer it at this point. */
  get<T>(token: Token<T>): T;
  has(token: Token<unknown>): boolean;
}

/** The container of one run, on a tsyringe child container. */
export class RunContainer implements Deps {
  private readonly container: DependencyContainer = container.createChildContainer();
  private readonly keys = new Map<Token<unknown>, symbol>();

  /** Offers a value under a token, once. */
  provide<T>(token: Token<T>, value: T): this {
    if (this.keys.has(token)) throw new Error(`${token.description} is already provided`);
    const key = Symbol(token.description);
    this.keys.set(token, key);
    this.container.register<T>(key, { useValue: value });
    return this;
  }

  has(token: Token<unknown>): boolean {
    return this.keys.has(token);
  }

  get<T>(token: Token<T>): T {
    const key = this.keys.get(token);
    if (!key) {
      const offered = [...this.keys.keys()].map(({ description }) => description).join(', ') || 'nothing';
      throw new MtlError(
        'DEPENDENCY_MISSING',
        `A plugin asked for ${token.description}, which this run does not offer here; it offers: ${offered}`,
      );
    }
    return this.container.resolve<T>(key);
  }
}
