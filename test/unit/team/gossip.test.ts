import { beforeEach, describe, expect, it } from 'vitest'
import { limits } from '../../../src/base/index.ts'
import { openKeys } from '../../../src/keys/index.ts'
import type { Command, ReplicaEffect } from '../../../src/team/index.ts'
import { ofKind, ReplicaStage, sent } from '../../helpers/replica-stage.ts'
import { Scribe } from '../../helpers/team-scribe.ts'

let scribe: Scribe
beforeEach(async () => {
  scribe = new Scribe(await openKeys())
  scribe.found('O')
  for (let i = 0; i < 12; i++) scribe.add('O', `U${i}`)
})

const users = Array.from({ length: 12 }, (_, i) => `U${i}`)

/** Who was sent frames of that name. */
function receivers(effects: readonly ReplicaEffect[], t: string): string[] {
  return ofKind(effects, 'send').flatMap(({ peer, frame }) => (frame['t'] === t ? [peer] : []))
}

/** The replica of a device that is connected to the owner and to the other users. */
function relay(name: string): ReplicaStage {
  const stage = new ReplicaStage(scribe, scribe.replica(name))
  for (const other of ['O', ...users]) if (other !== name) stage.connect(other)
  return stage
}

/** A command of the owner that nobody has. */
function next(): Command {
  return scribe.add('O', `V${scribe.commands.length}`)
}

describe('a command that is durable', () => {
  it('of its own goes as PUSH to all, and is told by a HELLO a moment later', () => {
    const stage = relay('O')
    const intent = { kind: 'AddDevice', bundle: scribe.actor('V').bundle, name: 'V' } as const
    const effects = stage.run({ kind: 'author', request: 1, intent, time: 0, force: true })
    expect(receivers(effects, 'push')).toHaveLength(12)
    expect(sent(stage.pass(limits.syncHelloPushedMs - 1), 'hello')).toEqual([])
    expect(sent(stage.pass(1), 'hello')).toHaveLength(12)
  })

  it('of its own goes as PUSH to 32 and as ANNOUNCE to the rest, but to who showed it meanwhile', () => {
    const many = Array.from({ length: limits.pushEagerMax + 8 }, (_, i) => `W${i}`)
    for (const name of many) scribe.add('O', name)
    const stage = new ReplicaStage(scribe, scribe.replica('O'))
    for (const name of many) stage.connect(name)
    const intent = { kind: 'AddDevice', bundle: scribe.actor('V').bundle, name: 'V' } as const
    const effects = stage.run({ kind: 'author', request: 1, intent, time: 0, force: true })
    const told = receivers(effects, 'push')
    expect(told).toHaveLength(limits.pushEagerMax)
    const early = many.find((name) => !told.includes(name)) ?? ''
    stage.frame(early, { t: 'push', command: sent(effects, 'push')[0]?.['command'] ?? null })
    const later = stage.pass(limits.announceGatherMsMax)
    expect(receivers(later, 'announce')).toHaveLength(8 - 1)
    expect(sent(later, 'hello')).toHaveLength(8)
  })

  it('of another is pushed on to 4, who push it on in turn, and announced to the rest', () => {
    const stage = relay('U0')
    const effects = stage.push('O', next())
    const pushed = receivers(effects, 'push')
    expect(pushed).toHaveLength(limits.pushRelayMax)
    const rest = users.filter((name) => name !== 'U0' && !pushed.includes(name))
    expect(receivers(stage.pass(limits.announceGatherMsMax), 'announce').sort()).toEqual(rest.sort())
  })

  it('of another is not sent to its author, nor to who has announced it', () => {
    const stage = new ReplicaStage(scribe, scribe.replica('U0'))
    for (const name of ['O', 'U1', 'U2']) stage.connect(name)
    const command = next()
    stage.frame('U1', { t: 'announce', ids: [command.id] })
    expect(receivers(stage.push('U2', command), 'push')).toEqual([])
  })
})

describe('a peer that has the commands of an author from elsewhere', () => {
  it('is not pushed to again, once it did not ask for what was announced', () => {
    const stage = relay('U0')
    const first = receivers(stage.push('O', next()), 'push')
    stage.pass(limits.announceGatherMsMax)
    expect(receivers(stage.push('O', next()), 'push').sort()).toEqual(first.sort())
  })

  it('says so when it is pushed what it had: by an ANNOUNCE at once, and only where the sender cannot know', () => {
    const stage = relay('U0')
    const command = next()
    const pushed = receivers(stage.push('O', command), 'push')
    const other = users.find((name) => name !== 'U0' && !pushed.includes(name)) ?? ''
    expect(ofKind(stage.push(other, command), 'send')).toMatchObject([
      { peer: other, frame: { t: 'announce', ids: [command.id] } },
    ])
    expect(ofKind(stage.push(other, command), 'send')).toEqual([])
    expect(ofKind(stage.push(pushed[0] ?? '', command), 'send')).toEqual([])
  })

  it('is told nothing of a command that waits for its parents', () => {
    const stage = relay('U0')
    next()
    const orphan = next()
    stage.push('U1', orphan)
    expect(sent(stage.push('U2', orphan), 'announce')).toEqual([])
  })

  it.each(['announce', 'push'] as const)('and shows it by %s is left out, for that author alone', (how) => {
    scribe.add('O', 'A', 'owner')
    const stage = relay('U0')
    const command = next()
    const pushed = receivers(stage.push('O', command), 'push')
    for (const name of pushed)
      stage.frame(name, how === 'push' ? { t: 'push', command: command.bytes } : { t: 'announce', ids: [command.id] })
    stage.pass(limits.announceGatherMsMax)
    expect(receivers(stage.push('O', next()), 'push')).toEqual([])
    expect(receivers(stage.push('U2', scribe.add('A', 'X')), 'push')).toHaveLength(limits.pushRelayMax)
  })

  it('and asks all the same is pushed to again', () => {
    const stage = relay('U0')
    const command = next()
    const pushed = receivers(stage.push('O', command), 'push')
    const [other = ''] = receivers(stage.pass(limits.announceGatherMsMax), 'announce')
    expect(pushed).not.toContain(other)
    stage.frame(other, { t: 'want', ids: [command.id], ranges: [], credit: 10_000 })
    expect(receivers(stage.push('O', next()), 'push')).toContain(other)
  })

  it('is one of a few that are reminded, in case its way was cut', () => {
    const stage = relay('U0')
    stage.push('O', next())
    stage.pass(limits.announceGatherMsMax)
    const commands = [next(), next(), next()]
    const pushed = commands.flatMap((command) => receivers(stage.push('O', command), 'push'))
    expect(sent(stage.pass(limits.remindMsMin - 1), 'announce')).toEqual([])
    const reminded = stage.pass(limits.remindMsMin)
    expect(receivers(reminded, 'announce')).toHaveLength(limits.remindedPeersMax)
    for (const peer of receivers(reminded, 'announce')) expect(pushed).not.toContain(peer)
    expect(sent(reminded, 'announce')).toMatchObject(
      commands.slice(0, 2).map(() => ({ ids: commands.map(({ id }) => id) })),
    )
  })
})

describe('an id that is announced', () => {
  it('is asked for, though another peer announces more ids that do not exist than are remembered', () => {
    const stage = new ReplicaStage(scribe, scribe.replica('O'))
    stage.connect('U1')
    stage.connect('U2')
    const id = (of: number, n: number): Uint8Array => {
      const made = new Uint8Array(32).fill(of)
      new DataView(made.buffer).setUint32(0, n)
      return made
    }
    for (let frame = 0; frame < 120; frame++)
      stage.frame('U1', { t: 'announce', ids: Array.from({ length: 100 }, (_, n) => id(1, frame * 100 + n)) })
    stage.frame('U2', { t: 'announce', ids: [id(2, 0)] })
    const wants = ofKind(stage.pass(limits.announceWaitMs), 'send').filter(({ frame }) => frame['t'] === 'want')
    expect(wants.filter(({ peer }) => peer === 'U2').map(({ frame }) => frame['ids'])).toEqual([[id(2, 0)]])
    expect(wants.filter(({ peer }) => peer === 'U1').length).toBeLessThanOrEqual(10)
    // What it makes up is forgotten once it was asked for, and makes room for what it has.
    stage.pass(limits.announceWaitMs)
    stage.frame('U1', { t: 'announce', ids: [id(3, 0)] })
    expect(sent(stage.pass(limits.announceWaitMs), 'want')).toMatchObject([{ ids: [id(3, 0)] }])
  })

  it('and stays away is asked for after 300 ms, once per sender', () => {
    const stage = new ReplicaStage(scribe, scribe.replica('O'))
    stage.connect('U1')
    const missing = new Uint8Array(32).fill(3)
    stage.frame('U1', { t: 'announce', ids: [missing] })
    expect(sent(stage.pass(limits.announceWaitMs), 'want')).toMatchObject([{ ids: [missing] }])
    expect(sent(stage.pass(limits.announceWaitMs), 'want')).toEqual([])
  })
})
