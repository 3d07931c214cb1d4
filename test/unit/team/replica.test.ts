import { beforeEach, describe, expect, it } from 'vitest'
import { labels, limits } from '../../../src/base/index.ts'
import { encodeCbor, equalBytes, type CborMap } from '../../../src/codec/index.ts'
import { openKeys } from '../../../src/keys/index.ts'
import {
  answerCheck,
  makeKeyBundle,
  readAct,
  type Command,
  type Replica,
  type ReplicaEffect,
  type ReplicaEvent,
} from '../../../src/team/index.ts'
import { Scribe } from '../../helpers/team-scribe.ts'

let scribe: Scribe
let now: number
beforeEach(async () => {
  scribe = new Scribe(await openKeys())
  now = 1_000
})

type Timeless<E> = E extends unknown ? Omit<E, 'now'> : never

/** Runs events as a good executor would, and gives back what went elsewhere. */
function run(replica: Replica, event: Timeless<ReplicaEvent>, options: { isStuck?: boolean } = {}): ReplicaEffect[] {
  const seen: ReplicaEffect[] = []
  for (const effect of replica.step({ ...event, now })) {
    seen.push(effect)
    if (effect.kind === 'verify') {
      const verdicts = effect.checks.map((check) => answerCheck(scribe.keys, check))
      seen.push(...run(replica, { kind: 'verified', token: effect.token, verdicts }, options))
    }
    if (effect.kind === 'append' && options.isStuck !== true)
      seen.push(...run(replica, { kind: 'stored', count: replica.graph.nodes.length }))
  }
  return seen
}

function connect(replica: Replica, name: string, given = false): ReplicaEffect[] {
  return run(replica, { kind: 'connected', peer: name, device: scribe.actor(name).device, given })
}

function frame(replica: Replica, name: string, map: CborMap, options: { isStuck?: boolean } = {}): ReplicaEffect[] {
  return run(replica, { kind: 'frame', peer: name, frame: map }, options)
}

function push(replica: Replica, name: string, command: Command): ReplicaEffect[] {
  return frame(replica, name, { t: 'push', command: command.bytes })
}

function sent(effects: readonly ReplicaEffect[], t: string): CborMap[] {
  return effects.flatMap((effect) => (effect.kind === 'send' && effect.frame['t'] === t ? [effect.frame] : []))
}

function kinds(effects: readonly ReplicaEffect[]): string[] {
  return effects.map(({ kind }) => kind).filter((kind) => kind !== 'wake' && kind !== 'standing')
}

function hello(change: CborMap = {}): CborMap {
  const zeros = new Uint8Array(32)
  return {
    t: 'hello',
    team: scribe.team,
    heads: [],
    count: 0,
    stateHash: zeros,
    frontierDigest: null,
    version: 1,
    ...change,
  }
}

/** O's replica of a team of O and U. */
function pair(): Replica {
  scribe.found('O')
  scribe.add('O', 'U')
  return scribe.replica('O')
}

describe('acknowledging', () => {
  it('comes after the disk, never before; and so does every frame that speaks of it', () => {
    const replica = pair()
    connect(replica, 'U')
    const zeros = new Uint8Array(32)
    run(replica, { kind: 'frame', peer: 'U', frame: { t: 'frontier', base: null, devices: [] } })
    const intent = { kind: 'AssignRole', device: scribe.actor('U').device, role: 'operator' } as const
    const before = run(replica, { kind: 'author', request: 1, intent, time: 0, force: false }, { isStuck: true })
    expect(kinds(before)).toEqual(['append'])
    expect(sent(frame(replica, 'U', hello({ heads: [zeros] }), { isStuck: true }), 'frontier')).toEqual([])
    const after = run(replica, { kind: 'stored', count: 3 })
    expect(kinds(after)).toEqual(['rights', 'send', 'verdict', 'send'])
    expect(after.find(({ kind }) => kind === 'verdict')).toMatchObject({ request: 1, outcome: { kind: 'accepted' } })
    expect(sent(after, 'frontier')).toHaveLength(1)
    expect(sent(after, 'push')).toHaveLength(1)
  })

  it('is a refusal with the code of the law where the law refuses', () => {
    const replica = pair()
    const device = scribe.actor('nobody').device
    const author = (intent: object) =>
      run(replica, { kind: 'author', request: 1, intent, time: 0, force: true } as Timeless<ReplicaEvent>)[0]
    expect(author({ kind: 'RemoveDevice', device })).toMatchObject({ outcome: { code: 'ERR_TEAM_UNKNOWN_DEVICE' } })
    expect(author({ kind: 'AssignRole', device, role: 'clerk' })).toMatchObject({
      outcome: { code: 'ERR_TEAM_UNKNOWN_ROLE' },
    })
    const { bundle } = scribe.actor('V')
    expect(author({ kind: 'AddDevice', bundle, name: 'a\u202eb' })).toMatchObject({
      outcome: { code: 'ERR_TEAM_BAD_PAYLOAD' },
    })
  })
})

describe('a node started from an old disk', () => {
  it('authors nothing before it has heard another member, unless the operator insists', () => {
    scribe.found('O')
    const base = scribe.add('O', 'U', 'owner')
    const old = scribe.replica('O')
    scribe.add('O', 'V')
    const intent = { kind: 'RemoveDevice', device: scribe.actor('U').device } as const
    const author = {
      kind: 'author',
      request: 1,
      intent: { ...intent, device: scribe.actor('O').device },
      time: 0,
    } as const
    expect(run(old, { ...author, force: false })[0]).toMatchObject({ outcome: { code: 'ERR_TEAM_NOT_SYNCED' } })
    connect(old, 'U')
    // U names a number of O's that this disk does not have.
    frame(old, 'U', hello({ heads: [scribe.heads()[0]!.id] }))
    frame(old, 'U', { t: 'frontier', base: null, devices: [[scribe.actor('O').device, 2, false]] })
    expect(run(old, { ...author, force: false })[0]).toMatchObject({ outcome: { code: 'ERR_TEAM_NOT_SYNCED' } })
    frame(old, 'U', { t: 'commands', commands: [scribe.heads()[0]!.bytes] })
    expect(run(old, { ...author, force: false })[0]).toMatchObject({ kind: 'append' })
    expect(old.graph.forked()).toEqual([])
    const insisting = scribe.replica('O', scribe.pastOf([base]))
    expect(run(insisting, { ...author, force: true })[0]).toMatchObject({ kind: 'append' })
  })

  it('a team of one, and a team founded here, need nobody', () => {
    scribe.found('O')
    const alone = scribe.replica('O')
    const { bundle } = scribe.actor('U')
    const author = {
      kind: 'author',
      request: 1,
      intent: { kind: 'AddDevice', bundle, name: 'U' },
      time: 0,
      force: false,
    } as const
    expect(run(alone, author)[0]).toMatchObject({ kind: 'append' })
    scribe.add('O', 'U')
    const founder = scribe.replica('O', scribe.commands, true)
    expect(founder.isHeard).toBe(true)
  })

  it('without a state there is nothing to author on', () => {
    scribe.found('O')
    const empty = scribe.replica('U', [])
    const author = { kind: 'author', request: 1, intent: { kind: 'CloseTeam' }, time: 0, force: true } as const
    expect(run(empty, author)[0]).toMatchObject({ outcome: { code: 'ERR_TEAM_NOT_SYNCED' } })
  })
})

describe('I10: forged commands', () => {
  it('sec/G8: author, kind, parent, team, key, number, depth moved or altered: refused, and the sender is cut at the limit', () => {
    const replica = pair()
    connect(replica, 'U')
    const [O, U] = [scribe.actor('O'), scribe.actor('U')]
    const other = new Scribe(scribe.keys)
    other.found('X', 'other')
    const act = { kind: 'CloseTeam' as const, body: {} }
    const forged: Command[] = [
      scribe.writeAct('U', act, { change: { author: O.device } }),
      scribe.writeAct('U', act, { change: { author: O.device, key: O.identity.publicKey } }),
      scribe.writeAct('U', act),
      scribe.writeAct('O', act, { change: { team: other.team } }),
      scribe.writeAct('O', act, { change: { sequence: 9 } }),
      scribe.writeAct('O', act, { change: { depth: 9 } }),
      scribe.writeAct('O', act, { change: { generation: 1 } }),
      scribe.writeAct('O', { kind: 'RemoveDevice', body: { device: U.device, gen: 3 } }),
      scribe.writeRaw('O', { kind: 'RemoveDevice', body: { device: U.device } }),
      other.commands[0]!,
    ].map((command) => {
      if (scribe.commands.includes(command)) scribe.commands.splice(scribe.commands.indexOf(command), 1)
      return command
    })
    const before = replica.stateHash()
    const effects = forged.flatMap((command) => push(replica, 'U', command))
    expect(kinds(effects)).not.toContain('append')
    expect(kinds(effects)).not.toContain('cut')
    expect(equalBytes(replica.stateHash(), before)).toBe(true)
    // The eleventh within a minute, and again the first: it is known as refused, and counts.
    const last = push(replica, 'U', forged[2]!)
    expect(last).toContainEqual({ kind: 'cut', peer: 'U', code: 'ERR_TEAM_FLOOD', penalise: true })
  })

  it('sec/P1: a signature that does not hold is refused before the graph is asked', () => {
    const replica = pair()
    connect(replica, 'U')
    const good = scribe.add('O', 'V')
    const [unsigned] = [good.unsigned]
    const bad = encodeCbor([unsigned, good.signature.map((byte) => byte ^ 1)])
    expect(kinds(frame(replica, 'U', { t: 'push', command: bad }))).toEqual(['verify'])
    // Its good twin has another id, and is not held back by the bad one.
    expect(kinds(push(replica, 'U', good))).toContain('append')
  })

  it('sec/G9: a bundle whose signature is not its identity’s, or with a weak key, is refused', () => {
    const replica = pair()
    connect(replica, 'U')
    const V = scribe.actor('V')
    const body = { commonName: 'V', role: 'user', roleAt: scribe.team, gen: 0 }
    const forged = encodeCbor([V.bundle.unsigned, new Uint8Array(64)])
    const weak = makeKeyBundle(scribe.keys, {
      identity: V.identity,
      sequence: 0,
      signing: [new Uint8Array(32)],
      encryption: V.bundle.encryption,
    })
    for (const bundle of [forged, weak.bytes]) {
      const command = scribe.writeRaw('O', { kind: 'AddDevice', body: { ...body, bundle } })
      scribe.commands.pop()
      expect(kinds(push(replica, 'U', command))).not.toContain('append')
    }
    expect(labels.keyBundle).not.toBe(labels.command)
  })
})

describe('commands that cannot be judged yet', () => {
  it('T63: without a parent they wait, and the sender is asked; then they apply', () => {
    const replica = pair()
    connect(replica, 'U')
    const first = scribe.add('O', 'V')
    const second = scribe.add('O', 'W')
    const waiting = push(replica, 'U', second)
    expect(replica.waiting().orphans).toBe(1)
    expect(sent(waiting, 'hello')).toHaveLength(1)
    const applied = push(replica, 'U', first)
    expect(kinds(applied).filter((kind) => kind === 'append').length).toBeGreaterThan(0)
    expect(replica.waiting().orphans).toBe(0)
    expect(replica.graph.nodes).toHaveLength(4)
  })

  it('the pool is bounded per peer and in time', () => {
    const replica = pair()
    connect(replica, 'U')
    scribe.add('O', 'V')
    const template = scribe.add('O', 'W')
    const commands = Array.from({ length: 1_100 }, (_, i) => {
      const unsigned = template.unsigned.slice()
      unsigned[unsigned.length - 1]! ^= 0
      const signature = new Uint8Array(64).fill(i & 255)
      signature[0] = i >> 8
      return encodeCbor([unsigned, signature])
    })
    // Slowly enough for the rate at which an author's pushes are taken.
    for (const command of commands) {
      frame(replica, 'U', { t: 'push', command })
      now += 100
    }
    expect(replica.waiting().orphans).toBe(limits.orphansPerPeerMax)
    now += limits.orphanMsMax + 1
    run(replica, { kind: 'tick' })
    expect(replica.waiting().orphans).toBe(0)
  })

  it('of an unknown kind, a newer envelope or policy are parked with what descends from them, and nobody is blamed', () => {
    const replica = pair()
    connect(replica, 'U')
    const unknown = scribe.writeRaw('O', { kind: 'FoldTime', body: { label: 'x' } })
    const known = scribe.commands.filter((command) => command !== unknown)
    expect(readAct(unknown)).toMatchObject({ code: 'ERR_TEAM_UNKNOWN_KIND' })
    const child = scribe.writeRaw('O', { kind: 'CloseTeam', body: {} }, { change: { parents: [unknown.id] } })
    const effects = [...push(replica, 'U', child), ...push(replica, 'U', unknown)]
    expect(kinds(effects)).not.toContain('append')
    expect(kinds(effects).filter((kind) => kind === 'park')).toHaveLength(2)
    expect(replica.waiting()).toEqual({ parked: 2, orphans: 0 })
    expect(scribe.replica('O', known).graph.nodes).toHaveLength(2)
  })
})

describe('who is served', () => {
  it('sec/P2: nobody but members; a stranger gets not one frame', () => {
    const replica = pair()
    expect(kinds(connect(replica, 'stranger'))).toEqual(['cut'])
    expect(frame(replica, 'stranger', hello())).toEqual([])
    expect(kinds(frame(replica, 'stranger', { t: 'want', ids: [scribe.team], ranges: [], credit: 9_999 }))).toEqual([])
  })

  it('a node without a state speaks to peers it was given the team for, alone', () => {
    scribe.found('O')
    const joiner = scribe.replica('U', [])
    expect(kinds(connect(joiner, 'stranger'))).toEqual(['cut'])
    expect(sent(connect(joiner, 'O', true), 'hello')).toHaveLength(1)
  })

  it('a removed device gets the proof of its removal, then the link ends', () => {
    scribe.found('O')
    scribe.add('O', 'U')
    const known = [...scribe.commands]
    const removal = scribe.remove('O', 'U')
    const newer = scribe.add('O', 'V')
    const replica = scribe.replica('O')
    expect(kinds(connect(replica, 'U'))).toEqual([])
    const effects = frame(replica, 'U', hello({ heads: [known[1]!.id], count: 2 }))
    expect(kinds(effects)).toEqual(['send', 'cut'])
    expect(sent(effects, 'commands')).toEqual([{ t: 'commands', commands: [removal.bytes] }])
    expect(replica.graph.has(newer.idHex)).toBe(true)
  })

  it('rights that change come before the acknowledgement, and end the link of who lost them', () => {
    const replica = pair()
    connect(replica, 'U')
    const intent = { kind: 'RemoveDevice', device: scribe.actor('U').device } as const
    const effects = run(replica, { kind: 'author', request: 5, intent, time: 0, force: true })
    expect(kinds(effects)).toEqual(['append', 'send', 'cut', 'rights', 'verdict'])
    expect(effects.find(({ kind }) => kind === 'rights')).toMatchObject({ change: { closed: false, added: [] } })
  })
})

describe('serving', () => {
  it('sec/S1: never beyond the credit, then on when more is granted; DONE says what remains', () => {
    scribe.found('O')
    for (let i = 0; i < 20; i++) scribe.add('O', `U${i}`)
    const replica = scribe.replica('O')
    connect(replica, 'U0')
    const { device } = scribe.actor('O')
    const first = frame(replica, 'U0', { t: 'want', ids: [], ranges: [[device, 0, 99]], credit: 2_000 })
    const bytes = (effects: readonly ReplicaEffect[]): number =>
      sent(effects, 'commands')
        .flatMap(({ commands }) => commands as Uint8Array[])
        .reduce((sum, command) => sum + command.length, 0)
    expect(bytes(first)).toBeLessThanOrEqual(2_000)
    expect(sent(first, 'done')).toEqual([])
    const rest = frame(replica, 'U0', { t: 'want', ids: [], ranges: [], credit: 100_000 })
    expect(bytes(first) + bytes(rest)).toBe(scribe.commands.reduce((sum, command) => sum + command.bytes.length, 0))
    expect(sent(rest, 'done')).toMatchObject([{ remaining: 0, count: 21 }])
  })

  it('frames of no known form are counted, and end the link at the limit', () => {
    const replica = pair()
    connect(replica, 'U')
    const bad: CborMap[] = [
      {},
      { t: 'x' },
      { t: 'push' },
      { t: 'push', command: 'x' },
      { ...hello(), extra: 1 },
      { t: 'announce', ids: [new Uint8Array(3)] },
    ]
    const effects = [...bad, ...bad].flatMap((map) => frame(replica, 'U', map))
    expect(effects).toContainEqual({ kind: 'cut', peer: 'U', code: 'ERR_CODEC_FRAME', penalise: true })
    const other = pair()
    connect(other, 'U')
    expect(frame(other, 'U', hello({ team: new Uint8Array(32) }))).toContainEqual({
      kind: 'cut',
      peer: 'U',
      code: 'ERR_TEAM_WRONG_TEAM',
      penalise: true,
    })
  })
})

describe('I12', () => {
  it('equal heads with another state hash raise an alarm and stop authoring', () => {
    const replica = pair()
    connect(replica, 'U')
    const heads = scribe.heads().map(({ id }) => id)
    const effects = frame(replica, 'U', hello({ heads, count: 2, stateHash: new Uint8Array(32).fill(1) }))
    expect(effects.find(({ kind }) => kind === 'alarm')).toMatchObject({
      code: 'ERR_TEAM_DIVERGED',
      data: { peer: 'U' },
    })
    const author = { kind: 'author', request: 1, intent: { kind: 'CloseTeam' }, time: 0, force: false } as const
    expect(run(replica, author)[0]).toMatchObject({ outcome: { code: 'ERR_TEAM_DIVERGED' } })
  })
})

describe('gossip', () => {
  it('sec/G4: a flood of one author is put off, never judged by it', () => {
    const replica = pair()
    connect(replica, 'U')
    const { device } = scribe.actor('U')
    const roleAt = scribe.team
    for (let i = 0; i < 130; i++)
      for (const [from, role] of [
        ['user', 'operator'],
        ['operator', 'user'],
      ] as const)
        scribe.writeAct(
          'O',
          { kind: 'AssignRole', body: { device, gen: 0, from, role, roleAt } },
          { change: { generation: 0 } },
        )
    for (const command of scribe.commands.slice(2)) push(replica, 'U', command)
    expect(replica.graph.nodes.length).toBe(2 + limits.pushPerAuthorBurstMax)
    frame(replica, 'U', { t: 'commands', commands: scribe.commands.slice(200).map(({ bytes }) => bytes) })
    expect(replica.graph.nodes.length).toBe(scribe.commands.length)
  })
})

describe('a command of ours that loses its effect', () => {
  it('is told, with the reason', () => {
    scribe.found('O')
    scribe.add('O', 'A', 'owner')
    const base = [scribe.add('O', 'U')]
    const known = [...scribe.commands]
    const theirs = scribe.assign('O', 'U', 'admin', { parents: base })
    const replica = scribe.replica('A', known)
    connect(replica, 'O')
    const intent = { kind: 'AssignRole', device: scribe.actor('U').device, role: 'operator' } as const
    run(replica, { kind: 'author', request: 1, intent, time: 0, force: true })
    const effects = push(replica, 'O', theirs)
    expect(effects.find(({ kind }) => kind === 'recalled')).toMatchObject({
      refusal: { code: 'ERR_TEAM_RECALLED', data: { reason: 'ERR_TEAM_STALE_ROLE' } },
    })
  })
})
