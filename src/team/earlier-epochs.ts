import { limits } from '../base/index.ts'
import { equalBytes, fromHex, toHex } from '../codec/index.ts'
import type { Core } from './core.ts'
import { boxBytes } from './epoch.ts'
import type { Frame } from './frames.ts'
import type { Link } from './link.ts'
import type { TeamState } from './state.ts'

/** Wait before a peer is asked again for earlier epochs; doubles up to `againMsMax`. */
const againMs = 10_000
const againMsMax = 600_000

type Epoch = TeamState['epochs'][number]

/** What one peer is asked for on its link. */
interface Asking {
  at: number
  wait: number
  /** Ids of epochs, hex, that it was asked for and has not answered. */
  readonly open: Set<string>
}

/** A state with what is asked of it again and again. */
interface Looked {
  readonly state: TeamState
  readonly byId: ReadonlyMap<string, Epoch>
  /** Epochs in which this device has no box, the newest first. */
  readonly boxless: readonly Epoch[]
}

/**
 * Earlier epochs for a member that was given them by choice (`TEAM.md` 9). It asks with the ids of epochs in which it has no
 * box, in the place of hashes of boxes; who was told to give it all answers with one box, sealed for it alone, and everybody
 * else that it has none. The id of an epoch binds its secret, so the answer needs no signature and nothing on the graph.
 */
export class EarlierEpochs {
  readonly #core: Core
  readonly #canRead: ((epochHex: string) => boolean) | undefined
  readonly #askings = new Map<Link, Asking>()
  #looked: Looked | undefined

  /** Without `canRead` nothing is asked for. */
  constructor(core: Core, canRead: ((epochHex: string) => boolean) | undefined) {
    this.#core = core
    this.#canRead = canRead
  }

  /** Takes the epochs among what a peer asked for, and gives the rest. */
  asked(link: Link, ids: readonly Uint8Array[]): Uint8Array[] {
    const { byId } = this.#look()
    const others = ids.filter((id) => !byId.has(toHex(id)))
    if (!this.#core.isMember(link) || others.length === ids.length) return others
    const device = fromHex(link.deviceHex)
    for (const id of ids)
      if (byId.has(toHex(id))) this.#core.emit({ kind: 'epoch-asked', peer: link.peer, device, epoch: id })
    return others
  }

  /** What this device gives a peer that asked: a box for it alone, or null. */
  answered(peer: string, epoch: Uint8Array, box: Uint8Array | null): void {
    const link = this.#core.links.get(peer)
    if (link === undefined || !this.#core.isMember(link)) return
    const isPaid = box !== null && box.length <= link.credit && box.length <= link.served.available(this.#core.now)
    const bytes = isPaid ? box : new Uint8Array()
    link.credit -= bytes.length
    link.served.take(bytes.length)
    this.#core.send(link, { t: 'boxes', hash: epoch, part: 0, parts: isPaid ? 1 : 0, bytes })
  }

  /** True where this is the answer to a question of ours. What is no box of that size counts against the sender. */
  frame(link: Link, { hash, part, parts, bytes }: Frame<'boxes'>): boolean {
    const asking = this.#askings.get(link)
    if (asking?.open.delete(toHex(hash)) !== true) return false
    link.granted = Math.max(0, link.granted - bytes.length)
    if (parts === 0) return true
    if (parts !== 1 || part !== 0 || bytes.length !== boxBytes) {
      this.#core.strike(link.peer, 'ERR_CODEC_FRAME')
      return true
    }
    this.#core.emit({ kind: 'epoch-offered', epoch: hash, box: bytes })
    // Who gives one gives them all: the next are asked for as soon as these have come.
    asking.wait = againMs
    if (asking.open.size === 0) asking.at = this.#core.now
    return true
  }

  gone(link: Link): void {
    this.#askings.delete(link)
  }

  /** Asks whoever may be asked now. Called at the end of every step. */
  settle(): void {
    if (this.#canRead === undefined || this.#look().boxless.length === 0) return
    for (const link of this.#core.links.values()) if (this.#mayAsk(link)) this.#ask(link)
  }

  /** When a tick is wanted next. */
  nextAt(): number {
    if (this.#canRead === undefined || this.#look().boxless.length === 0) return Infinity
    const asked = [...this.#askings].filter(([link]) => this.#mayAsk(link))
    return Math.min(Infinity, ...asked.map(([, { at }]) => at))
  }

  #mayAsk(link: Link): boolean {
    return !link.isStranger && this.#core.isMember(link)
  }

  #ask(link: Link): void {
    const { now } = this.#core
    const asking = this.#askings.get(link) ?? { at: now, wait: againMs, open: new Set<string>() }
    this.#askings.set(link, asking)
    if (asking.at > now) return
    const wanted = this.#look().boxless.filter(({ idHex }) => this.#canRead?.(idHex) === false)
    asking.at = now + asking.wait
    asking.wait = Math.min(2 * asking.wait, againMsMax)
    const ids = wanted.slice(0, limits.wantEntriesMax).map(({ id }) => id)
    if (ids.length === 0) return
    for (const id of ids) asking.open.add(toHex(id))
    const credit = link.granted >= ids.length * boxBytes ? 0 : limits.syncCreditBytesMax - link.granted
    link.granted += credit
    this.#core.send(link, { t: 'want', ids, ranges: [], credit })
  }

  #look(): Looked {
    const { state, deviceHex } = this.#core
    if (this.#looked?.state === state) return this.#looked
    const byId = new Map(state.epochs.map((epoch) => [epoch.idHex, epoch]))
    const own = fromHex(deviceHex)
    const isBoxed = ({ recipients }: Epoch): boolean => recipients.some(([device]) => equalBytes(device, own))
    const boxless = state.members.has(deviceHex) ? state.epochs.filter((epoch) => !isBoxed(epoch)).reverse() : []
    return (this.#looked = { state, byId, boxless })
  }
}
