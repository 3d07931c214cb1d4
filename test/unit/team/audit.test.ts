import { expect, it } from 'vitest'
import { idText, toHex } from '../../../src/codec/index.ts'
import { openKeys } from '../../../src/keys/index.ts'
import { memoryStore } from '../../../src/store/index.ts'
import { Audit, stateHash, type CommandStore } from '../../../src/team/index.ts'
import { auditTeam } from '../../../src/node/effects/team-audit.ts'
import { Scribe } from '../../helpers/team-scribe.ts'

const keys = await openKeys()

function written(): Scribe {
  const scribe = new Scribe(keys)
  scribe.found('O')
  scribe.add('O', 'A', 'operator')
  const base = scribe.write('O', { kind: 'CreateLabel', label: 'x' })
  scribe.add('A', 'U', 'user', { parents: [base] })
  scribe.remove('O', 'A', { parents: [base] })
  return scribe
}

it('commands give the state that a replica has, by both ways to compute it', () => {
  const scribe = written()
  const audit = new Audit(keys, scribe.team)
  for (const { id, bytes } of scribe.commands) expect(audit.take(id, bytes)).toBeUndefined()
  const { commands, checks, stateHash: found, referenceHash } = audit.result()
  expect(found).toEqual(stateHash(scribe.stateOf()))
  expect(referenceHash).toEqual(found)
  // A signature each; a bundle has one more, and two keys.
  expect([commands, checks]).toEqual([5, 5 + 3 * 3])
})

it('every flipped byte of a stored command is found', () => {
  const scribe = written()
  const last = scribe.commands.at(-1)
  if (last === undefined) throw new Error('nothing written')
  for (let at = 0; at < last.bytes.length; at++) {
    const audit = new Audit(keys, scribe.team)
    for (const { id, bytes } of scribe.commands.slice(0, -1)) audit.take(id, bytes)
    const bytes = last.bytes.map((byte, i) => (i === at ? byte ^ 1 : byte))
    expect(audit.take(last.id, bytes)).toMatchObject({ id: last.id })
  }
})

it('a command of another team, or without its parent, is no part of this one', () => {
  const [scribe, other] = [written(), written()]
  const audit = new Audit(keys, scribe.team)
  const [first] = other.commands
  const last = scribe.commands.at(-1)
  if (first === undefined || last === undefined) throw new Error('nothing written')
  other.random.bytes(1)
  const stranger = other.found('O', 'elsewhere')
  expect(audit.take(stranger.id, stranger.bytes)).toMatchObject({ code: 'ERR_TEAM_WRONG_TEAM' })
  expect(audit.take(last.id, last.bytes)).toMatchObject({ code: 'ERR_TEAM_BAD_PARENT' })
})

it('a disk that does not give the running state fails with what differs', async () => {
  const scribe = written()
  const store = memoryStore().team(scribe.team)
  await store.load()
  await store.append(scribe.commands)
  const replica = scribe.replica('reader')
  const parts = { keys, team: scribe.team, store, replica: () => replica }
  expect((await auditTeam(parts)).commands).toBe(5)
  const last = scribe.commands.at(-1)
  if (last === undefined) throw new Error('nothing written')
  const forged: CommandStore = Object.create(store, {
    read: { value: (id: Uint8Array) => store.read(toHex(id) === last.idHex ? scribe.team : id) },
  }) as CommandStore
  await expect(auditTeam({ ...parts, store: forged })).rejects.toMatchObject({
    code: 'ERR_TEAM_AUDIT',
    data: { what: expect.stringContaining(idText('cmd', last.id)) as string },
  })
  // The replica lacks what the disk holds: its state is another one.
  const behind = scribe.replica('reader', scribe.commands.slice(0, 3))
  Object.defineProperty(behind, 'graph', { value: replica.graph })
  await expect(auditTeam({ ...parts, replica: () => behind })).rejects.toMatchObject({
    code: 'ERR_TEAM_AUDIT',
    data: { what: expect.stringContaining('running state') as string },
  })
})
