import { createFrameReader, encodeFrame, equalBytes, toHex, type CborMap } from '../../src/codec/index.ts'
import { openKeys, type Keys } from '../../src/keys/index.ts'
import {
  answerCheck,
  foundTeam,
  parseKeyBundle,
  Replica,
  stateHash,
  type Command,
  type Intent,
  type KeyBundle,
  type ReplicaEffect,
  type ReplicaEvent,
} from '../../src/team/index.ts'
import { Chance } from './chance.ts'
import { capFaults, stateFaults } from './invariants.ts'
import { OracleWatch } from './oracle-watch.ts'
import { authorParts, holds, keeps, makePlayer, turnBit, wallOf, type Player } from './player.ts'
import { rememberingKeys, standInKeys } from './stand-in-keys.ts'

export interface WorldOptions {
  readonly seed: number
  readonly nodes: number
  /** No loss, no crashes, no partitions. */
  readonly isCalm?: boolean
  /** Real libsodium in place of the stand-in. */
  readonly isReal?: boolean
}

/** So short that small teams start from checkpoints, too. */
const checkpointInterval = 8

interface Due {
  readonly at: number
  readonly order: number
  readonly run: () => void
}

/** A world of virtual time: one queue, one seed. Messages are the real encoded bytes. */
export class World {
  readonly chance: Chance
  readonly keys: Keys
  readonly oracle: OracleWatch
  readonly cast: Player[]
  /** Hex ids that an author was told are accepted. */
  readonly acknowledged = new Set<string>()
  readonly refusals: string[] = []
  readonly violations: string[] = []
  now = 0
  loss: number
  duplicates: number
  delayMax: number
  /** Directions in which nothing arrives, though the link is up: `from>to`. */
  readonly deaf = new Set<string>()
  /** A device that was restored may fork, where nobody it meets knows its later commands. */
  hasRestored = false
  /** Which side of the present partition a node is on; all 0: none. */
  sides: number[]
  team: Uint8Array = new Uint8Array(32)
  /** Faults and villains have stopped. */
  isOver = false
  /** What a villain makes of a frame that its node wants to send; undefined: nothing is sent. */
  twist: (frame: CborMap, from: Player) => CborMap | undefined = (frame) => frame
  readonly #queue: Due[] = []
  readonly #linked = new Set<string>()
  #order = 0
  #request = 0

  static async create(options: WorldOptions): Promise<World> {
    return new World(options, options.isReal === true ? rememberingKeys(await openKeys()) : standInKeys)
  }

  private constructor({ seed, nodes, isCalm, isReal }: WorldOptions, keys: Keys) {
    this.chance = new Chance(seed)
    this.keys = keys
    this.oracle = new OracleWatch(keys)
    this.loss = isCalm === true ? 0 : this.chance.between(0, 0.3)
    this.duplicates = isCalm === true ? 0 : this.chance.between(0, 0.5)
    this.delayMax = isCalm === true ? 5 : this.chance.between(1, 500)
    this.sides = new Array<number>(nodes).fill(0)
    const parts = { real: isReal === true ? keys : undefined, isCalm: isCalm === true }
    this.cast = Array.from({ length: nodes }, (_, index) => makePlayer(seed, index, this.chance, parts))
  }

  /** Founds the team on a node and starts all. */
  found(index: number, name: string): void {
    const founder = this.player(index)
    const bundle = parseKeyBundle(founder.bundle(0)) as KeyBundle
    const what = { name, deviceName: `node-${index}`, time: wallOf(founder, this.now) }
    const command = foundTeam({ ...authorParts(founder, () => this.now), bundle, random: this.chance }, what)
    if (command.kind === 'refuse') throw new Error('the team cannot be founded')
    const { id, bytes } = command as Command
    this.team = id
    founder.disk.push({ id, bytes })
    for (const player of this.cast) this.start(player, player === founder)
  }

  player(index: number): Player {
    const player = this.cast[index]
    if (player === undefined) throw new Error(`no player ${index}`)
    return player
  }

  start(player: Player, isFounder = false): void {
    player.life++
    const index = player.beside.of(player.disk)
    player.replica = new Replica(
      {
        ...authorParts(player, () => this.now),
        team: this.team,
        random: this.chance,
        isFounder,
        boxes: player.boxes.keys(),
        checkpointInterval,
      },
      player.disk,
      index,
    )
    const isUnserved = index !== undefined && !player.replica.isRestored
    if (isUnserved && player.rottenAt === Infinity) this.violations.push('a whole index was not served')
    if (!player.replica.isRestored) player.beside.reindex(player.replica.index())
    const dropped = new Set(player.replica.dropped.map((id) => toHex(id)))
    if (dropped.size > 0 && player.rottenAt === Infinity) this.violations.push('a clean disk was found damaged')
    player.disk = player.disk.filter(({ id }) => !dropped.has(toHex(id)))
    player.rottenAt = Infinity
    for (const other of this.cast) if (other !== player) this.#link(player, other)
  }

  /** The process dies; of what was written and not synced a random first part stays. */
  crash(player: Player): void {
    player.replica = undefined
    player.life++
    player.disk.push(...player.cache.slice(0, this.chance.below(player.cache.length + 1)))
    player.cache = []
    for (const other of this.cast) if (other !== player) this.#unlink(player, other)
  }

  /** The machine comes back from a backup: the disk is as it was some commands ago. What only it held is gone. */
  restore(player: Player): void {
    const lost = player.disk.splice(Math.max(1, this.chance.below(player.disk.length + 1)))
    this.#forget(player, lost)
  }

  /** One bit of one record turns; that record and what descends from it may be held by nobody else. */
  rot(player: Player): void {
    const at = turnBit(player, this.chance)
    if (at !== undefined) this.#forget(player, player.disk.slice(at))
  }

  #forget(player: Player, lost: readonly { readonly id: Uint8Array }[]): void {
    this.hasRestored = true
    for (const { id } of lost)
      if (!this.cast.some((other) => other !== player && keeps(other, id))) this.acknowledged.delete(toHex(id))
  }

  /** Lets a node do something; false where it is down or the law refused at once. */
  author(index: number, intent: Intent): boolean {
    const player = this.player(index)
    if (player.replica === undefined) return false
    const request = ++this.#request
    const before = this.refusals.length
    const { graph, state } = player.replica
    const commands = graph.nodes.length
    const time = wallOf(player, this.now)
    // Epochs are rotated by an operation of their own, because their boxes come with them.
    if (intent.kind === 'RotateKey') this.step(player, { kind: 'rotate', request, time, force: false })
    else this.step(player, { kind: 'author', request, intent, time, force: false })
    if (this.refusals.length === before) return true
    // What it confirms on duty before it wishes is another command.
    const isSame = player.replica.state === state || equalBytes(player.replica.stateHash(), stateHash(state))
    if (graph.nodes.length === commands && !isSame) this.violations.push('I8: a refused command changed the state')
    return false
  }

  /** Changes who reaches whom. */
  split(sides: number[]): void {
    this.sides = sides
    for (const a of this.cast)
      for (const b of this.cast)
        if (a.index < b.index) {
          if (this.sides[a.index] === this.sides[b.index]) this.#link(a, b)
          // Half of the cuts are silent: frames vanish and nobody is told.
          else if (this.chance.is(0.5)) this.#unlink(a, b)
        }
  }

  /** Runs for so many virtual milliseconds. */
  run(ms: number): void {
    const end = this.now + ms
    for (;;) {
      const next = this.#pop(end)
      if (next === undefined) break
      this.now = Math.max(this.now, next.at)
      next.run()
    }
    this.now = end
  }

  at(delay: number, run: () => void): void {
    this.#queue.push({ at: this.now + delay, order: ++this.#order, run })
    let i = this.#queue.length - 1
    while (i > 0) {
      const up = (i - 1) >> 1
      if (!isDueBefore(this.#queue[i] as Due, this.#queue[up] as Due)) break
      this.#swap(i, up)
      i = up
    }
  }

  step(player: Player, event: Record<string, unknown> & { kind: ReplicaEvent['kind'] }): void {
    if (player.replica === undefined) return
    const now = this.now + player.skew
    const { replica } = player
    for (const effect of replica.step({ ...event, now } as ReplicaEvent)) this.#perform(player, effect)
    if (replica.state === player.seen) return
    player.seen = replica.state
    const seen = this.oracle.look(replica)
    this.violations.push(...stateFaults(replica), ...capFaults(replica), ...(seen === undefined ? [] : [seen]))
  }

  // --- the executor ---
  #perform(player: Player, effect: ReplicaEffect): void {
    const { life } = player
    const later = (delay: number, event: Record<string, unknown> & { kind: ReplicaEvent['kind'] }): void =>
      this.at(delay, () => player.life === life && this.step(player, event))
    switch (effect.kind) {
      case 'send':
        this.#send(player, effect.peer, effect.frame)
        return
      case 'verify': {
        const verdicts = effect.checks.map((check) => answerCheck(this.keys, check))
        later(this.chance.between(0, player.verifyDelay), { kind: 'verified', token: effect.token, verdicts })
        return
      }
      case 'append':
        player.cache.push(...effect.records)
        player.beside.append(effect.records.length, effect.page)
        this.#syncSoon(player)
        return
      case 'verdict':
        if (effect.outcome.kind === 'refuse') this.#refused(effect.outcome.code)
        else if (!player.isEvil) this.#acknowledge(player, effect.outcome.id)
        return
      case 'cut':
        // What was sent before still arrives.
        this.at(this.delayMax + 1, () => this.#unlink(player, this.#byPeer(effect.peer)))
        this.at(15_000, () => this.#link(player, this.#byPeer(effect.peer)))
        return
      case 'wake':
        player.wakeAt = effect.at
        this.at(Math.max(1, effect.at - player.skew - this.now), () => {
          if (player.life === life && player.wakeAt === effect.at) this.step(player, { kind: 'tick' })
        })
        return
      case 'alarm':
        player.alarms++
        this.violations.push(`alarm ${effect.code} on node ${player.index}`)
        return
      case 'keep-boxes':
        player.boxes.set(toHex(effect.hash), effect.bytes)
        later(this.chance.between(1, player.diskDelay), { kind: 'boxes-kept', hash: effect.hash })
        return
      case 'drop-boxes':
        player.boxes.delete(toHex(effect.hash))
        return
      case 'read-boxes':
        later(1, { kind: 'boxes-read', hash: effect.hash, bytes: player.boxes.get(toHex(effect.hash)) ?? null })
        return
      case 'checkpoint':
        player.beside.keep(effect.checkpoint, effect.gone)
        return
      case 'epoch-asked':
      case 'epoch-offered':
      case 'park':
      case 'unpark':
      case 'recalled':
      case 'forked':
      case 'standing':
      case 'rights':
    }
  }

  /** Writes are synced together, after a while; on a full disk when there is room again. */
  #syncSoon(player: Player): void {
    const { life } = player
    const delay = Math.max(player.fullUntil - this.now, 0) + this.chance.between(1, player.diskDelay)
    this.at(delay, () => {
      if (player.life !== life) return
      if (player.fullUntil > this.now) this.#syncSoon(player)
      else this.#sync(player)
    })
  }

  #sync(player: Player): void {
    player.disk.push(...player.cache)
    player.cache = []
    this.step(player, { kind: 'stored', count: player.disk.length })
  }

  /** A node may wish for what the law refuses, but what it makes has always its form. */
  #refused(code: string): void {
    this.refusals.push(code)
    if (/BAD_(ENCODING|PARENT|DEPTH|SEQUENCE|SIGNATURE)|TOO_LARGE/.test(code)) this.violations.push(`made ${code}`)
  }

  #acknowledge(player: Player, id: Uint8Array): void {
    if (!holds(player, id)) this.violations.push('acknowledged before it was durable')
    this.acknowledged.add(toHex(id))
  }

  // --- the network ---
  /** Lets somebody send a frame of its own making. */
  inject(from: Player, to: Player, frame: CborMap): void {
    if (this.#linked.has(pairOf(from, to))) this.#send(from, to.peer, frame)
  }

  #send(from: Player, peer: string, frame: CborMap): void {
    const to = this.#byPeer(peer)
    const said = from.isEvil && !this.isOver ? this.twist(frame, from) : frame
    if (said === undefined) return
    const bytes = encodeFrame(said, 65_536)
    const isCut = this.sides[from.index] !== this.sides[to.index] || this.deaf.has(`${from.index}>${to.index}`)
    const isDropped = this.chance.is(this.loss) || isCut
    if (isDropped) return
    for (let copies = this.chance.is(this.duplicates) ? 2 : 1; copies > 0; copies--) {
      this.at(this.chance.between(1, this.delayMax), () => {
        if (!this.#linked.has(pairOf(from, to))) return
        for (const received of createFrameReader(65_536).push(bytes))
          this.step(to, { kind: 'frame', peer: from.peer, frame: received })
      })
    }
  }

  #link(a: Player, b: Player): void {
    if (a.replica === undefined || b.replica === undefined || this.sides[a.index] !== this.sides[b.index]) return
    if (this.#linked.has(pairOf(a, b))) return
    this.#linked.add(pairOf(a, b))
    this.step(a, { kind: 'connected', peer: b.peer, device: b.device, given: true })
    this.step(b, { kind: 'connected', peer: a.peer, device: a.device, given: true })
  }

  #unlink(a: Player, b: Player): void {
    if (!this.#linked.delete(pairOf(a, b))) return
    this.step(a, { kind: 'gone', peer: b.peer })
    this.step(b, { kind: 'gone', peer: a.peer })
  }

  /** Ends every link and makes those that the present sides allow. */
  reconnect(): void {
    for (const a of this.cast) for (const b of this.cast) if (a.index < b.index) this.#unlink(a, b)
    for (const a of this.cast) for (const b of this.cast) if (a.index < b.index) this.#link(a, b)
  }

  #byPeer(peer: string): Player {
    return this.cast.find((player) => player.peer === peer) as Player
  }

  #pop(end: number): Due | undefined {
    const [first] = this.#queue
    if (first === undefined || first.at > end) return undefined
    const last = this.#queue.pop()
    if (this.#queue.length === 0 || last === undefined) return first
    this.#queue[0] = last
    for (let i = 0; ;) {
      let down = 2 * i + 1
      if (down >= this.#queue.length) break
      if (down + 1 < this.#queue.length && isDueBefore(this.#queue[down + 1] as Due, this.#queue[down] as Due)) down++
      if (!isDueBefore(this.#queue[down] as Due, this.#queue[i] as Due)) break
      this.#swap(i, down)
      i = down
    }
    return first
  }

  #swap(i: number, j: number): void {
    const held = this.#queue[i] as Due
    this.#queue[i] = this.#queue[j] as Due
    this.#queue[j] = held
  }
}

function isDueBefore(a: Due, b: Due): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}

function pairOf(a: Player, b: Player): string {
  return a.index < b.index ? `${a.index}-${b.index}` : `${b.index}-${a.index}`
}
