import 'reflect-metadata';
import { container, type DependencyContainer } from 'tsyringe';
import { MtlError } from '../errors.js';

/** A typed key under which a run offers something to its plugins. */
export interface Token<T> {
  readonly description: string;
  /** Carries the type only; never set. */
  readonly type?: T;
}

/**
 * Names something that a run may offer.
 * @param description unique among all tokens, for messages
 */
export function createToken<T>(description: string): Token<T> {
  return Object.freeze({ description });
}

/** What a run offers to its plugins. One per run; nothing is shared between runs in one process. */
export interface Deps {
  /** @throws MtlError `DEPENDENCY_MISSING` where the run does not offer it at this point. */
  get<T>(token: Token<T>): T;
  /** Whether the run offers it. */
  has(token: Token<unknown>): boolean;
}

/** The container of one run, on a tsyringe child container. */
export class RunContainer implements Deps {
  private readonly container: DependencyContainer = container.createChildContainer();
  /** By description, not by identity: a plugin may bring its own copy of this module. */
  private readonly offered = new Set<string>();

  /** Offers a value under a token, once. */
  provide<T>(token: Token<T>, value: T): this {
    if (this.has(token)) throw new Error(`${token.description} is already provided`);
    this.offered.add(token.description);
    this.container.register<T>(token.description, { useValue: value });
    return this;
  }

  /** Whether the run offers it. */
  has(token: Token<unknown>): boolean {
    return this.offered.has(token.description);
  }

  get<T>(token: Token<T>): T {
    if (!this.has(token)) {
      const offered = [...this.offered].join(', ') || 'nothing';
      throw new MtlError(
        'DEPENDENCY_MISSING',
        `A plugin asked for ${token.description}, which this run does not offer here; it offers: ${offered}`,
      );
    }
    return this.container.resolve<T>(token.description);
  }
}
