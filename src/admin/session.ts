import type { DoorAdmission, DoorVisitor } from '../access/index.ts'
import { limits, type Refusal } from '../base/index.ts'
import type { HostConnection } from '../host/index.ts'
import type { Caller } from '../operations/index.ts'

/** One connection at the admin door, judged when it opened. */
export class AdminSession {
  readonly connection: HostConnection
  readonly visitor: DoorVisitor
  /** Aborted when the right to ask has ended, or the connection has. */
  readonly signal: AbortSignal
  readonly #verdict: DoorAdmission | Refusal
  readonly #controller = new AbortController()
  #grace: NodeJS.Timeout | undefined
  #expiry: NodeJS.Timeout | undefined
  #tries = 0

  constructor(connection: HostConnection, visitor: DoorVisitor, verdict: DoorAdmission | Refusal) {
    this.connection = connection
    this.visitor = visitor
    this.signal = this.#controller.signal
    this.#verdict = verdict
    void connection.closed.then(() => {
      this.#end()
    })
  }

  get verdict(): DoorAdmission | Refusal {
    return this.#verdict
  }

  /** As handlers see it; undefined for one that was refused or has ended. */
  get caller(): Caller | undefined {
    if (this.#verdict.kind === 'refuse' || this.signal.aborted || !this.connection.isOpen) return undefined
    return { ...this.visitor, role: this.#verdict.role, because: this.#verdict.because }
  }

  /** Cuts the connection unless `settle` is called in time. */
  startGrace(onExceeded: () => void): void {
    this.#cutIn(limits.adminGraceMsMax, onExceeded)
  }

  /** It has been told no: a stranger does not keep a place that an admin may need. */
  shortenGrace(): void {
    if (this.#tries === 1) this.#cutIn(limits.adminRefusedMsMax, () => undefined)
  }

  /** The first granted frame has gone out. */
  settle(): void {
    clearTimeout(this.#grace)
  }

  /** Calls back at a time, in milliseconds from now. */
  wakeIn(ms: number, onWake: () => void): void {
    // A timer takes 31 bits; a key that expires in a month is looked at again before that.
    this.#expiry = setTimeout(onWake, Math.min(Math.max(ms, 0), 2 ** 31 - 1))
  }

  /** A refused stream; true where that was one too many. */
  countTry(): boolean {
    this.#tries += 1
    return this.#tries >= limits.adminTriesMax
  }

  get tries(): number {
    return this.#tries
  }

  /** Ends the right to ask first, the connection in the same turn. */
  cut(): void {
    this.#end()
    this.connection.abort('ERR_UNAUTHORIZED')
  }

  #cutIn(ms: number, first: () => void): void {
    clearTimeout(this.#grace)
    this.#grace = setTimeout(() => {
      first()
      this.cut()
    }, ms)
  }

  #end(): void {
    clearTimeout(this.#grace)
    clearTimeout(this.#expiry)
    this.#controller.abort()
  }
}
