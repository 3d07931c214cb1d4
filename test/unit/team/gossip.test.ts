import { beforeEach, describe, expect, it } from 'vitest'
import { limits } from '../../../src/base/index.ts'
import { openKeys } from '../../../src/keys/index.ts'
import { ofKind, ReplicaStage, sent } from '../../helpers/replica-stage.ts'
import { Scribe } from '../../helpers/team-scribe.ts'

let scribe: Scribe
beforeEach(async () => {
  scribe = new Scribe(await openKeys())
  scribe.found('O')
  for (let i = 0; i < 12; i++) scribe.add('O', `U${i}`)
})

describe('a command that is durable', () => {
  it('of its own goes as PUSH to 8 and as ANNOUNCE to the rest, but to who showed it meanwhile', () => {
    const stage = new ReplicaStage(scribe, scribe.replica('O'))
    const names = Array.from({ length: 12 }, (_, i) => `U${i}`)
    for (const name of names) stage.connect(name)
    const intent = { kind: 'AddDevice', bundle: scribe.actor('V').bundle, name: 'V' } as const
    const effects = stage.run({ kind: 'author', request: 1, intent, time: 0, force: true })
    expect(sent(effects, 'push')).toHaveLength(limits.pushEagerMax)
    expect(sent(effects, 'announce')).toEqual([])
    const [pushed] = sent(effects, 'push')
    const told = new Set(ofKind(effects, 'send').flatMap(({ peer, frame }) => (frame['t'] === 'push' ? [peer] : [])))
    const early = names.find((name) => !told.has(name)) ?? ''
    stage.frame(early, { t: 'push', command: pushed?.['command'] ?? null })
    expect(sent(stage.pass(limits.announceGatherMsMax), 'announce')).toHaveLength(12 - limits.pushEagerMax - 1)
  })

  it('of another is pushed on to 4, who push it on in turn, and announced to the rest', () => {
    const stage = new ReplicaStage(scribe, scribe.replica('U0'))
    for (const name of ['O', ...Array.from({ length: 11 }, (_, i) => `U${i + 1}`)]) stage.connect(name)
    const effects = stage.push('O', scribe.add('O', 'V'))
    expect(sent(effects, 'push')).toHaveLength(limits.pushRelayMax)
    expect(sent(stage.pass(limits.announceGatherMsMax), 'announce')).toHaveLength(11 - limits.pushRelayMax)
  })
})

describe('an id that is announced', () => {
  it('and stays away is asked for after 300 ms, once per sender', () => {
    const stage = new ReplicaStage(scribe, scribe.replica('O'))
    stage.connect('U1')
    const missing = new Uint8Array(32).fill(3)
    stage.frame('U1', { t: 'announce', ids: [missing] })
    expect(sent(stage.pass(limits.announceWaitMs), 'want')).toMatchObject([{ ids: [missing] }])
    expect(sent(stage.pass(limits.announceWaitMs), 'want')).toEqual([])
  })
})
