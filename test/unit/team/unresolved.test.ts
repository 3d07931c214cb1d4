import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { toHex } from '../../../src/codec/index.ts'
import { openKeys } from '../../../src/keys/index.ts'
import { evaluate, type Command, type ReplicaEffect } from '../../../src/team/index.ts'
import { planted } from '../../../src/team/planted.ts'
import { expectCodeLater } from '../../helpers/expect-code.ts'
import { ofKind, ReplicaStage, sent } from '../../helpers/replica-stage.ts'
import { Scribe } from '../../helpers/team-scribe.ts'

let scribe: Scribe
let base: Command
let sides: [Command, Command]
beforeEach(async () => {
  scribe = new Scribe(await openKeys())
  scribe.found('O')
  base = scribe.add('O', 'U', 'operator')
  sides = [scribe.add('O', 'V', 'user', { parents: [base] }), scribe.add('U', 'W', 'user', { parents: [base] })]
})
afterEach(() => {
  planted.clear()
})

const label = {
  kind: 'author',
  request: 1,
  intent: { kind: 'CreateLabel', label: 'x' },
  time: 0,
  force: false,
} as const

/** A node of O that has V, and to which U brings W: two heads, which it cannot resolve. */
function failing(): { stage: ReplicaStage; effects: ReplicaEffect[]; before: string } {
  const stage = new ReplicaStage(scribe, scribe.replica('O', [...scribe.commands.slice(0, 2), sides[0]], true))
  stage.connect('U')
  const before = toHex(stage.replica.stateHash())
  planted.add('resolution-throws')
  return { stage, effects: stage.push('U', sides[1]), before }
}

describe('what several heads amount to cannot be computed, which is a bug of ours', () => {
  it('I8: evaluating never throws: the last state stays, an alarm tells of it once, and the command is kept', () => {
    const { stage, effects, before } = failing()
    expect(toHex(stage.replica.stateHash())).toBe(before)
    expect(stage.replica.failure()).toContain('a test asked for it')
    expect(ofKind(effects, 'alarm')).toMatchObject([{ code: 'ERR_TEAM_INTERNAL', data: { kind: 'resolution' } }])
    expect(ofKind(stage.pass(60_000), 'alarm')).toEqual([])
    expect(ofKind(effects, 'append')).toHaveLength(1)
    expect(ofKind(effects, 'standing')).toEqual([])
  })

  it('it authors nothing, and claims nothing that would stop those who are right', () => {
    const { stage } = failing()
    expect(ofKind(stage.run(label), 'verdict')).toMatchObject([{ outcome: { code: 'ERR_TEAM_INTERNAL' } }])
    expect(ofKind(stage.run({ ...label, force: true }), 'verdict')).toMatchObject([
      { outcome: { code: 'ERR_TEAM_INTERNAL' } },
    ])
    for (const hello of sent(stage.pass(120_000), 'hello')) expect(hello).toMatchObject({ heads: [], count: 0 })
    const heads = sides.map(({ id }) => id)
    const effects = stage.hello('U', { heads, count: 4, stateHash: new Uint8Array(32).fill(1) })
    expect(ofKind(effects, 'alarm')).toEqual([])
    expect(stage.replica.isDiverged).toBe(false)
  })

  it('what rests on all of it is refused with the same code, and by nobody else', () => {
    const { stage } = failing()
    const next = scribe.add('O', 'X', 'user', { parents: sides })
    const effects = stage.push('U', next)
    expect(stage.replica.graph.has(next.idHex)).toBe(false)
    expect(ofKind(effects, 'cut')).toEqual([])
  })

  it('where the next command can be resolved with, all of it counts again', () => {
    const { stage } = failing()
    planted.clear()
    const effects = stage.push('U', scribe.remove('U', 'U', { parents: [sides[1]] }))
    expect(stage.replica.failure()).toBeUndefined()
    expect(toHex(stage.replica.stateHash())).toBe(toHex(scribe.replica('reader').stateHash()))
    expect(ofKind(effects, 'standing').map(({ standing }) => standing)).toEqual(['applied', 'applied'])
    expect(ofKind(stage.run(label), 'verdict')).toMatchObject([{ outcome: { kind: 'accepted' } }])
  })

  it('a start with it goes on from what was known last', () => {
    planted.add('resolution-throws')
    const { replica } = new ReplicaStage(scribe, scribe.replica('O'))
    expect(replica.graph.size).toBe(4)
    expect(replica.failure()).toContain('a test asked for it')
    expect([...replica.state.members.values()].map(({ name }) => name).sort()).toEqual(['O', 'U', 'V'])
  })

  it('the law as a library gives no answer rather than that of other commands', async () => {
    planted.add('resolution-throws')
    await expectCodeLater('ERR_TEAM_INTERNAL', evaluate(scribe.commands.map(({ bytes }) => bytes)))
  })
})
