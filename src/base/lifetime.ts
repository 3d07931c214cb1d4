/** Owns things that must be stopped, and stops them in reverse order, each once, whatever the others do. */
export interface Lifetime {
  /** Registers a stop step; returns what was given, so that it can stand in an assignment. */
  own<T>(thing: T, stop: (thing: T) => void | Promise<void>): T
  /** Stops everything, last owned first. Errors are collected and thrown as one AggregateError at the end. */
  stop(): Promise<void>
}

export function createLifetime(): Lifetime {
  const steps: (() => void | Promise<void>)[] = []
  return {
    own(thing, stop) {
      steps.push(() => stop(thing))
      return thing
    },
    async stop() {
      const errors: unknown[] = []
      for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
        try {
          await step()
        } catch (error) {
          errors.push(error)
        }
      }
      if (errors.length > 0) throw new AggregateError(errors, 'errors while stopping')
    },
  }
}
