import { HyraxError, refuse, type Randomness, type Refusal } from '../base/index.ts'
import { compareBytes, equalBytes } from '../codec/index.ts'
import type { Boxes } from './boxes.ts'
import type { Act } from './bodies.ts'
import { encodeBody, readAct } from './body.ts'
import { check } from './check.ts'
import { signCommand, type Command } from './command.ts'
import type { Core } from './core.ts'
import type { SecretAhead } from './epoch.ts'
import { chooseParents, nextDepth, type GraphNode } from './graph.ts'
import { accept } from './ingest.ts'
import { unconfirmedLeaves } from './leaves.ts'
import { actFor, type Intent } from './intent.ts'
import { deviceId, type KeyBundle } from './key-bundle.ts'
import { rotationPending } from './kinds/keys.ts'
import { isPlanted } from './planted.ts'
import { policyVersion } from './policy.ts'
import type { Pull } from './pull.ts'
import { makeRotation } from './rotation.ts'
import { soundPayload } from './signature-checks.ts'
import type { TeamState } from './state.ts'
import type { ReplicaEvent } from './step.ts'

/** Who authors: what stands in every command of this device. */
export interface AuthorParts {
  readonly device: Uint8Array
  /** Public half of the newest signing key, 32 bytes. */
  readonly signingKey: Uint8Array
  /** All that this device can sign with, newest first; where absent, `signingKey` alone. */
  readonly signingKeys?: () => readonly Uint8Array[]
  /** Signs the unsigned bytes of a command under `hyrax/cmd/v1` with that key of ours; 64 bytes. */
  readonly sign: (unsigned: Uint8Array, key: Uint8Array) => Uint8Array
  /** Boxes an epoch secret for an X25519 key, as libsodium's `crypto_box_seal`. Without it this device rotates nothing. */
  readonly sealBox?: (publicKey: Uint8Array, secret: Uint8Array) => Uint8Array
  /** The next epoch as far as it was made before, which is used up by that. */
  readonly takeAhead?: () => SecretAhead | undefined
  /** The wall clock, ms: shown to people in what the device authors on its own. 0 where absent. */
  readonly wall?: () => number
}

type AuthorEvent = ReplicaEvent & { kind: 'author' }
type RotateEvent = ReplicaEvent & { kind: 'rotate' }

/** Makes commands of this device: judged by the same `check` as everybody's, acknowledged once they are durable. */
export class Author {
  readonly #core: Core
  readonly #pull: Pull
  readonly #parts: AuthorParts
  readonly #boxes: Boxes
  /** Made and not durable yet; `request` where somebody waits for the verdict. */
  #waiting: { readonly node: GraphNode; readonly request: number | undefined }[] = []

  constructor(core: Core, pull: Pull, boxes: Boxes, parts: AuthorParts) {
    this.#core = core
    this.#pull = pull
    this.#boxes = boxes
    this.#parts = parts
  }

  /**
   * Makes a command for an intent; the verdict comes at once where it is refused, else after it is stored. Leaves that are
   * known are confirmed before it; who removes, or retires a stolen key, and may rotate, does so in the same batch.
   */
  author({ intent, time, force, request }: AuthorEvent): void {
    const refusal = this.#mayAuthor(force)
    if (refusal !== undefined) {
      this.#core.emit({ kind: 'verdict', request, outcome: refusal })
      return
    }
    const confirmed = this.#confirm(time)
    const made = this.#make(intent, time)
    if ('code' in made) {
      this.#core.emit({ kind: 'verdict', request, outcome: made })
      this.#append(confirmed)
      return
    }
    const isReducing = intent.kind === 'RemoveDevice' || intent.kind === 'RetireKey'
    const rotated = isReducing && rotationPending(this.#core.state) ? this.#rotate(time) : undefined
    this.#append([...confirmed, made, ...(rotated === undefined || 'code' in rotated ? [] : [rotated])], made, request)
  }

  /** Rotates the epoch key by hand. */
  rotate({ time, force, request }: RotateEvent): void {
    const refusal = this.#mayAuthor(force)
    const confirmed = refusal === undefined ? this.#confirm(time) : []
    const made = refusal ?? this.#rotate(time)
    if (!('code' in made)) {
      this.#append([...confirmed, made], made, request)
      return
    }
    this.#core.emit({ kind: 'verdict', request, outcome: made })
    this.#append(confirmed)
  }

  /** True where this device may author on its own now. */
  mayAuthorNow(): boolean {
    const { state, deviceHex } = this.#core
    return state.open && state.members.has(deviceHex) && this.#mayAuthor(false) === undefined
  }

  confirmOnDuty(): void {
    this.#append(this.#confirm(this.#wall()))
  }

  rotateOnDuty(): void {
    const made = this.#rotate(this.#wall())
    if (!('code' in made)) this.#append([made])
  }

  /** Acknowledges what is durable now, and answers with it. */
  stored(count: number): GraphNode[] {
    const done = this.#waiting.filter(({ node }) => node.index < count)
    this.#waiting = this.#waiting.filter(({ node }) => node.index >= count)
    for (const { node, request } of done)
      if (request !== undefined)
        this.#core.emit({ kind: 'verdict', request, outcome: { kind: 'accepted', id: node.command.id } })
    return done.map(({ node }) => node)
  }

  #append(nodes: readonly GraphNode[], asked?: GraphNode, request?: number): void {
    if (nodes.length === 0) return
    for (const node of nodes) this.#waiting.push({ node, request: node === asked ? request : undefined })
    const records = nodes.map(({ index, command }) => ({ index, id: command.id, bytes: command.bytes }))
    this.#core.append(records)
    if (isPlanted('acknowledge-before-flush')) this.stored(Infinity)
  }

  #wall(): number {
    return this.#parts.wall?.() ?? 0
  }

  /** Confirms the leaves that are known and unconfirmed; what the law does not let us is another's duty. */
  #confirm(time: number): GraphNode[] {
    const { state, deviceHex } = this.#core
    const made = unconfirmedLeaves(state, deviceHex).map(({ id: leave }) =>
      this.#make({ kind: 'ConfirmLeave', leave }, time),
    )
    return made.filter((node): node is GraphNode => !('code' in node))
  }

  /** A new epoch for the members as they are now. Its boxes are kept before the command that names them. */
  #rotate(time: number): GraphNode | Refusal {
    const { sealBox, takeAhead } = this.#parts
    if (sealBox === undefined) return refuse('ERR_UNSUPPORTED', { what: 'this device makes no boxes' })
    const view = this.#core.evaluation.view(chooseParents(this.#core.graph, this.#core.deviceHex))
    const rotation = orRefusal(() => makeRotation(view, { random: this.#core.random, sealBox, takeAhead }))
    if ('code' in rotation) return rotation
    const made = this.#make(rotation.intent, time)
    if (!('code' in made)) this.#boxes.keep(rotation.boxesHash, rotation.boxes)
    return made
  }

  /** The newest of our keys that the team takes: it may not have heard of the newest yet. */
  #keyFor(view: TeamState): Uint8Array {
    const { signingKey, signingKeys } = this.#parts
    const active = view.members.get(this.#core.deviceHex)?.signing ?? []
    const known = (signingKeys?.() ?? [signingKey]).find((own) => active.some((key) => equalBytes(key, own)))
    return known ?? signingKey
  }

  #mayAuthor(force: boolean): Refusal | undefined {
    if (!this.#core.isSynced)
      return refuse('ERR_TEAM_NOT_SYNCED', { what: 'no peer has synced this team yet', force: '.' })
    const failure = this.#core.evaluation.failure()
    if (failure !== undefined) return refuse('ERR_TEAM_INTERNAL', { kind: 'resolution', what: failure })
    if (this.#pull.isDiverged && !force) return refuse('ERR_TEAM_DIVERGED')
    const hasOthers = this.#core.state.members.some((_, deviceHex) => deviceHex !== this.#core.deviceHex)
    if (this.#core.isHeard || !hasOthers || force) return undefined
    const what = 'no other member has been heard since the start; another copy of this device may know more'
    return refuse('ERR_TEAM_NOT_SYNCED', { what, force: ', or insist with --force.' })
  }

  #make(intent: Intent, time: number): GraphNode | Refusal {
    const { graph, evaluation, team, deviceHex } = this.#core
    const parents = chooseParents(graph, deviceHex)
    const view = evaluation.view(parents)
    const act = actFor(view, intent)
    if (isRefusal(act)) return act
    const form = readAct({ kind: act.kind, body: encodeBody(act) })
    if (isRefusal(form)) return form
    const generation = view.members.get(deviceHex)?.generation ?? 0
    const { device: author, sign } = this.#parts
    const key = this.#keyFor(view)
    // Asked before signing, so that the answer is the law's and not that of a form.
    const refusal = check(
      view,
      act,
      { author, authorHex: deviceHex, key, generation },
      { ...soundPayload, isOrigin: true },
    )
    if (refusal !== undefined) return refusal
    const command = makeCommand(
      {
        team,
        parents: parents.map((parent) => parent.command.id).sort(isPlanted('heads-unsorted') ? () => 0 : compareBytes),
        author,
        key,
        generation,
        sequence: graph.nextSequence(parents, deviceHex),
        depth: nextDepth(parents),
        time,
        act,
      },
      sign,
    )
    if (isRefusal(command)) return command
    return accept(this.#core, command, act, soundPayload)
  }
}

/** The first command of a new team, authored by its owner. Its id is the team's. */
export function foundTeam(
  parts: AuthorParts & { readonly bundle: KeyBundle; readonly random: Randomness },
  what: { readonly name: string; readonly deviceName: string; readonly time: number },
): Command | Refusal {
  const { bundle, random, signingKey: key, sign } = parts
  const nonce = random.bytes(32)
  const body = { nonce, name: what.name, policy: policyVersion, bundle, commonName: what.deviceName }
  const act: Act = { kind: 'CreateTeam', body }
  const author = deviceId(bundle.identity)
  const place = { team: null, parents: [], generation: 0, sequence: 0, depth: 0 }
  return makeCommand({ ...place, author, key, time: what.time, act }, sign)
}

interface Draft extends Omit<Parameters<typeof signCommand>[0], 'kind' | 'body'> {
  readonly act: Act
}

/** Signs a draft; what its own form refuses (ERR_TEAM_BAD_PAYLOAD, _TOO_LARGE) comes back as a value. */
function makeCommand({ act, ...place }: Draft, sign: AuthorParts['sign']): Command | Refusal {
  const body = encodeBody(act)
  const read = readAct({ kind: act.kind, body })
  if (isRefusal(read)) return read
  return orRefusal(() => signCommand({ ...place, kind: act.kind, body }, (unsigned) => sign(unsigned, place.key)))
}

/** What a failure with a code says comes back as a value. */
function orRefusal<T>(make: () => T): T | Refusal {
  try {
    return make()
  } catch (error) {
    if (error instanceof HyraxError) return refuse(error.code, error.data)
    throw error
  }
}

function isRefusal(value: object): value is Refusal {
  return 'kind' in value && value.kind === 'refuse'
}
