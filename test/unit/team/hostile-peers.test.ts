import { beforeEach, describe, expect, it } from 'vitest'
import { limits } from '../../../src/base/index.ts'
import { encodeCbor, equalBytes, type CborMap } from '../../../src/codec/index.ts'
import { openKeys } from '../../../src/keys/index.ts'
import { frontierDigest, type FrontierEntry } from '../../../src/team/frames.ts'
import type { Command, ReplicaEffect } from '../../../src/team/index.ts'
import { ofKind, ReplicaStage, sent } from '../../helpers/replica-stage.ts'
import { Scribe } from '../../helpers/team-scribe.ts'

let scribe: Scribe
beforeEach(async () => {
  scribe = new Scribe(await openKeys())
  scribe.found('O')
})

/** O, its peers, and so many more devices. */
function team(peers: readonly string[], more = 0): Command[] {
  for (const name of peers) scribe.add('O', name)
  for (let i = 0; i < more; i++) scribe.add('O', `device ${i}`)
  return [...scribe.commands]
}

function stageOf(name: string, commands: readonly Command[]): ReplicaStage {
  return new ReplicaStage(scribe, scribe.replica(name, commands))
}

function frontierOf(commands: readonly Command[]): CborMap {
  const last = new Map<string, Command>()
  for (const command of commands) last.set(command.authorHex, command)
  return {
    t: 'frontier',
    base: null,
    devices: [...last.values()].map(({ author, sequence }) => [author, sequence, false]),
  }
}

function bytesOf(effects: readonly ReplicaEffect[]): number {
  const commands = sent(effects, 'commands').flatMap((frame) => frame['commands'] as Uint8Array[])
  return commands.reduce((sum, command) => sum + command.length, 0)
}

/** Greets as a peer that has these commands. */
function claim(stage: ReplicaStage, name: string, commands: readonly Command[]): ReplicaEffect[] {
  const head = commands.at(-1)
  if (head === undefined) throw new Error('nothing to claim')
  return [
    ...stage.hello(name, { heads: [head.id], count: commands.length }),
    ...stage.frame(name, frontierOf(commands)),
  ]
}

/** The peer that was sent a WANT last. */
function asked(effects: readonly ReplicaEffect[]): string | undefined {
  return ofKind(effects, 'send').findLast(
    ({ frame }) => frame['t'] === 'want' && (frame['ranges'] as unknown[]).length > 0,
  )?.peer
}

describe('a peer that floods', () => {
  it('with commands beyond what it was granted is not listened to, and cut', () => {
    const [known, more] = [team(['U']), team([], 30)]
    const stage = stageOf('O', known)
    stage.connect('U')
    const [, , ...rest] = more
    const junk = rest.map(({ unsigned }, i) => encodeCbor([unsigned, new Uint8Array(64).fill(i)]))
    const effects: ReplicaEffect[] = []
    for (let i = 0; i < 100 && ofKind(effects, 'cut').length === 0; i++)
      effects.push(...stage.frame('U', { t: 'commands', commands: junk.map((bytes) => bytes.slice()) }))
    expect(ofKind(effects, 'cut')).toMatchObject([{ peer: 'U', code: 'ERR_TEAM_FLOOD', penalise: true }])
    expect(stage.checks).toBeLessThanOrEqual(limits.removalProofBytesMax / 200)
    expect(stage.replica.graph.nodes).toHaveLength(known.length)
  })

  it('what it was granted is taken', () => {
    const known = team(['U'])
    const stage = stageOf('O', known)
    const rest = team([], 20).slice(known.length)
    stage.connect('U')
    expect(asked(claim(stage, 'U', scribe.commands))).toBe('U')
    for (let i = 0; i < 20; i++) stage.frame('U', { t: 'commands', commands: rest.map(({ bytes }) => bytes) })
    expect(ofKind(stage.frame('U', { t: 'commands', commands: rest.map(({ bytes }) => bytes) }), 'cut')).toEqual([])
    expect(stage.replica.graph.nodes).toHaveLength(scribe.commands.length)
  })

  it.each([
    ['greetings', limits.syncGreetingsBurstMax],
    ['announcements', limits.syncFramesBurstMax],
  ])('with %s is cut once it is beyond the burst', (what, burst) => {
    const stage = stageOf('O', team(['U']))
    stage.connect('U')
    const ids = Array.from({ length: 100 }, (_, i) => new Uint8Array(32).fill(i))
    const flood = (): ReplicaEffect[] =>
      what === 'greetings'
        ? stage.hello('U', { heads: [new Uint8Array(32).fill(1)], count: 9 })
        : stage.frame('U', { t: 'announce', ids })
    let frames = 0
    for (let isCut = false; !isCut && frames < 2 * burst; frames++) isCut = ofKind(flood(), 'cut').length > 0
    expect(frames).toBe(burst + limits.badSignaturesPerMinuteMax + 1)
  })

  it('with WANTs for everything gets no more than the bucket holds, and little is looked up for it', () => {
    const commands = team(['U'], 40)
    const stage = stageOf('O', commands)
    stage.connect('U')
    const { device } = scribe.actor('O')
    let served = 0
    for (let i = 0; i < 2_000; i++) {
      const want = { t: 'want', ids: [], ranges: [[device, 0, 2 ** 40]], credit: limits.syncSessionBytesMax }
      served += bytesOf(stage.frame('U', want))
    }
    const all = commands.reduce((sum, { bytes }) => sum + bytes.length, 0)
    expect(served).toBeGreaterThanOrEqual(all)
    expect(served).toBeLessThanOrEqual(limits.syncServedBurstBytesMax + limits.syncFrameBytesMax)
    expect(served / all).toBeLessThan(limits.syncLookupsBurstMax / commands.length + 1)
  })

  it('with WANTs beyond the rate of look-ups waits for the answer to its last one', () => {
    const commands = team(['U'], 40)
    const stage = stageOf('O', commands)
    stage.connect('U')
    const { device } = scribe.actor('O')
    const want = { t: 'want', ids: [], ranges: [[device, 0, 2 ** 40]], credit: limits.syncSessionBytesMax }
    let asked = 0
    while (sent(stage.frame('U', want), 'done').length > 0) asked++
    expect(asked).toBeLessThanOrEqual(limits.syncLookupsBurstMax / commands.length + 1)
    expect(sent(stage.frame('U', want), 'commands')).toEqual([])
    const later = stage.pass(limits.syncHelloSoonMs)
    expect(sent(later, 'commands').flatMap((frame) => frame['commands'])).toHaveLength(commands.length)
    expect(sent(later, 'done')).toHaveLength(1)
  })

  it('with devices that do not exist is remembered up to a bound, and then cut', () => {
    const stage = stageOf('O', team(['U']))
    stage.connect('U')
    const effects: ReplicaEffect[] = []
    for (let cycle = 0; cycle <= limits.badSignaturesPerMinuteMax; cycle++) {
      const told: FrontierEntry[] = []
      while (told.length <= limits.frontierDevicesMax) {
        const devices = Array.from({ length: limits.frontierEntriesMax }, (_, n): FrontierEntry => {
          const id = new Uint8Array(32)
          new DataView(id.buffer).setUint32(0, told.length + n)
          return [id, 0, false]
        })
        const base = told.length === 0 ? null : frontierDigest(told)
        effects.push(...stage.frame('U', { t: 'frontier', base, devices }))
        told.push(...devices)
      }
    }
    expect(ofKind(effects, 'cut')).toMatchObject([{ peer: 'U', code: 'ERR_TEAM_FLOOD', penalise: true }])
  })

  it.each([
    ['announce', { t: 'announce', ids: Array.from({ length: limits.announceIdsMax + 1 }, () => new Uint8Array(32)) }],
    ['want', { t: 'want', ids: Array.from({ length: 101 }, () => new Uint8Array(32)), ranges: [], credit: 1 }],
    ['commands', { t: 'commands', commands: Array.from({ length: 101 }, () => new Uint8Array(1)) }],
    ['push', { t: 'push', command: new Uint8Array(limits.commandBytesMax + 1) }],
    ['hello', { t: 'hello', heads: Array.from({ length: 17 }, () => new Uint8Array(32)) }],
    [
      'range',
      { t: 'range', from: [0, new Uint8Array(31)], to: null, count: 0, hash: new Uint8Array(32), ids: null, round: 1 },
    ],
  ])('with a %s beyond its caps is cut at the limit', (_, frame) => {
    const stage = stageOf('O', team(['U']))
    stage.connect('U')
    const effects = Array.from({ length: limits.badSignaturesPerMinuteMax + 1 }, () => stage.frame('U', frame)).flat()
    expect(ofKind(effects, 'cut')).toMatchObject([{ peer: 'U', code: 'ERR_CODEC_FRAME', penalise: true }])
  })
})

describe('a peer that lies or withholds', () => {
  it('claims what it never delivers: it loses its turn, and one honest path is enough', () => {
    const liars = Array.from({ length: 10 }, (_, i) => `liar ${i}`)
    const known = team(['honest', ...liars])
    const commands = team([], 50)
    const stage = stageOf('O', known)
    const ghost = new Uint8Array(32).fill(7)
    for (const liar of liars) {
      stage.connect(liar)
      stage.hello(liar, { heads: [ghost], count: 1_000_000 })
      stage.frame(liar, { t: 'frontier', base: null, devices: [[scribe.actor('O').device, 999_999, false]] })
    }
    stage.connect('honest')
    let effects = claim(stage, 'honest', commands)
    let waited = 0
    for (; asked(effects) !== 'honest' && waited < 120_000; waited += 500) effects = stage.pass(500)
    expect(waited).toBeLessThanOrEqual(liars.length * (limits.syncPullReadyMs + 1_000))
    stage.frame('honest', { t: 'commands', commands: commands.slice(known.length).map(({ bytes }) => bytes) })
    expect(stage.replica.graph.nodes).toHaveLength(commands.length)
    expect(ofKind(effects, 'alarm')).toEqual([])
  })

  it('a trickle does not hold the turn while another peer is ready', () => {
    const known = team(['slow', 'fast'])
    const commands = team([], 60)
    const stage = stageOf('O', known)
    stage.connect('slow')
    expect(asked(claim(stage, 'slow', commands))).toBe('slow')
    stage.connect('fast')
    claim(stage, 'fast', commands)
    let next: string | undefined
    for (let at = known.length; next !== 'fast' && at < commands.length; at++) {
      stage.now += 1_000
      next = asked(stage.frame('slow', { t: 'commands', commands: [commands[at]!.bytes] }))
    }
    expect(next).toBe('fast')
    expect(stage.replica.graph.nodes.length).toBeLessThan(commands.length - 40)
  })

  it('alone, it is waited for, and asked no more before it speaks again', () => {
    const known = team(['U'])
    const commands = team([], 5)
    const stage = stageOf('O', known)
    stage.connect('U')
    claim(stage, 'U', commands)
    const wants = Array.from({ length: 100 }, () => sent(stage.pass(1_000), 'want')).flat()
    expect(wants.length).toBeLessThanOrEqual(2)
    expect(asked(claim(stage, 'U', commands))).toBe('U')
  })

  it('that announces ids it does not have is asked a bounded number of times', () => {
    const stage = stageOf('O', team(['U']))
    stage.connect('U')
    const ids = Array.from({ length: 100 }, (_, i) => new Uint8Array(32).fill(i + 1))
    for (let i = 0; i < 50; i++) stage.frame('U', { t: 'announce', ids })
    const wants = Array.from({ length: 20 }, () => sent(stage.pass(limits.announceWaitMs + 1), 'want')).flat()
    expect(wants).toHaveLength(1)
  })

  it('I12: equal heads and another state: an alarm with both hashes, and nothing is authored', () => {
    const commands = team(['U'])
    const stage = stageOf('O', commands)
    stage.connect('U')
    const other = new Uint8Array(32).fill(3)
    const effects = stage.hello('U', { heads: [commands.at(-1)!.id], count: commands.length, stateHash: other })
    const [alarm] = ofKind(effects, 'alarm')
    expect(alarm).toMatchObject({ code: 'ERR_TEAM_DIVERGED', data: { peer: 'U', theirs: '03'.repeat(32) } })
    expect(alarm?.data['ours']).toMatch(/^[0-9a-f]{64}$/)
    expect(equalBytes(stage.replica.stateHash(), other)).toBe(false)
    const refused = stage.run({ kind: 'author', request: 1, intent: { kind: 'CloseTeam' }, time: 0, force: false })
    expect(ofKind(refused, 'verdict')).toMatchObject([{ outcome: { code: 'ERR_TEAM_DIVERGED' } }])
  })
})

describe('a clock', () => {
  it('that rings a moment early is asked to ring again', () => {
    const stage = stageOf('O', team(['U']))
    const [wake] = ofKind(stage.connect('U'), 'wake')
    stage.now = wake!.at - 1
    expect(ofKind(stage.run({ kind: 'tick' }), 'wake')).toEqual([wake])
  })
})
