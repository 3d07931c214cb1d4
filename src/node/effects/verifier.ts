import { availableParallelism } from 'node:os'
import {
  answerKeyCheck,
  packChecks,
  startVerifyThread,
  type KeyCheck,
  type Keys,
  type VerifyThread,
} from '../../keys/index.ts'

/** Answers checks of signatures, without holding up the rest of the node. */
export interface Verifier {
  /** In the order asked. Never rejects. */
  verify(checks: readonly KeyCheck[]): Promise<boolean[]>
  /** Checks that threads have answered so far. */
  readonly byThreads: number
  stop(): void
}

export interface VerifierOptions {
  /** Threads beside this one; by default one for each further core, three at most. */
  readonly threads?: number
}

/** Checks that go to a thread together, half of a frame: fewer cost more to hand over than they take. */
const portion = 50
/** Portions that a thread has at once: one that it works on, and one that waits. */
const ahead = 2
/** Threads are started once so many checks wait: one command that is pushed needs none. */
const manyChecks = 4 * portion
/** An idle thread is let go after this. */
const idleMs = 30_000

/** A part of what was asked, and where its answers belong. */
interface Portion {
  readonly checks: readonly KeyCheck[]
  readonly done: (verdicts: boolean[]) => void
}

/** A thread, and the portions it was given. */
interface Crew {
  readonly thread: VerifyThread
  readonly busy: Map<number, Portion>
}

/**
 * A catch-up is verified by all cores: threads take portions, and this one takes portions, too, whenever it has nothing
 * else to do. Where threads do not help or cannot be had, it does all of them, one portion a turn of the loop.
 */
export function createVerifier(keys: Keys, options: VerifierOptions = {}): Verifier {
  return new PortionVerifier(keys, options.threads ?? Math.min(3, availableParallelism() - 1))
}

class PortionVerifier implements Verifier {
  byThreads = 0
  readonly #keys: Keys
  readonly #threads: number
  readonly #waiting: Portion[] = []
  readonly #crews: Crew[] = []
  #starting = false
  #isTurning = false
  #isStopped = false
  #ticket = 0
  #idle: NodeJS.Timeout | undefined

  constructor(keys: Keys, threads: number) {
    this.#keys = keys
    this.#threads = threads
  }

  async verify(checks: readonly KeyCheck[]): Promise<boolean[]> {
    const parts: Promise<boolean[]>[] = []
    for (let at = 0; at < checks.length; at += portion) {
      const some = checks.slice(at, at + portion)
      parts.push(new Promise((done) => this.#waiting.push({ checks: some, done })))
    }
    if (this.#waiting.length * portion > manyChecks) void this.#start()
    this.#share()
    this.#turn()
    return (await Promise.all(parts)).flat()
  }

  stop(): void {
    this.#isStopped = true
    this.#letGo()
  }

  #isOver(): boolean {
    return this.#isStopped
  }

  /** Hands out what threads can take now. */
  #share(): void {
    for (const crew of this.#crews) {
      while (crew.busy.size < ahead) {
        const next = this.#waiting.shift()
        if (next === undefined) return
        const ticket = ++this.#ticket
        crew.busy.set(ticket, next)
        crew.thread.ask(ticket, packChecks(next.checks))
      }
    }
  }

  /** One portion here, then whatever else the loop has to do. */
  #turn(): void {
    if (this.#isTurning) return
    this.#isTurning = true
    setImmediate(() => {
      this.#isTurning = false
      const next = this.#waiting.shift()
      if (next === undefined) return
      next.done(next.checks.map((check) => answerKeyCheck(this.#keys, check)))
      this.#turn()
    })
  }

  async #start(): Promise<void> {
    if (this.#starting || this.#isStopped || this.#crews.length >= this.#threads) return
    this.#starting = true
    while (this.#crews.length < this.#threads) {
      const busy = new Map<number, Portion>()
      const thread = await startVerifyThread(this.#keys.backend, {
        answers: (ticket, answers) => {
          this.#answered(busy, ticket, answers)
        },
        gone: () => {
          this.#gone(busy)
        },
      })
      if (thread === undefined) return
      this.#crews.push({ thread, busy })
    }
    this.#starting = false
    if (this.#isOver()) this.#letGo()
    else this.#share()
  }

  #answered(busy: Map<number, Portion>, ticket: number, answers: Uint8Array): void {
    const portionDone = busy.get(ticket)
    this.byThreads += answers.length
    busy.delete(ticket)
    portionDone?.done(Array.from(answers, (answer) => answer === 1))
    this.#share()
    clearTimeout(this.#idle)
    this.#idle = setTimeout(() => {
      this.#letGo()
    }, idleMs)
    this.#idle.unref()
  }

  /** What a thread had when it ended is looked at here. */
  #gone(busy: Map<number, Portion>): void {
    const at = this.#crews.findIndex((crew) => crew.busy === busy)
    if (at >= 0) this.#crews.splice(at, 1)
    this.#waiting.unshift(...busy.values())
    busy.clear()
    this.#turn()
  }

  #letGo(): void {
    clearTimeout(this.#idle)
    for (const { thread } of this.#crews) thread.stop()
  }
}
