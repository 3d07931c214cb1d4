import { beforeAll, describe, expect, it } from 'vitest'
import { idText } from '../../../src/codec/index.ts'
import { openKeys } from '../../../src/keys/index.ts'
import { resolveDevice, rolesOf, teamLog, teamView } from '../../../src/team/index.ts'
import { Scribe } from '../../helpers/team-scribe.ts'

let scribe: Scribe
beforeAll(async () => {
  scribe = new Scribe(await openKeys())
  scribe.found('O')
  scribe.add('O', 'U')
  scribe.add('O', 'V', 'operator')
  scribe.remove('O', 'U')
})

describe('a team for people', () => {
  it('names members by rank, with who added them', () => {
    const view = teamView(scribe.replica('O'), scribe.team)
    expect(view).toMatchObject({
      id: idText('team', scribe.team),
      name: 'herd',
      open: true,
      synced: true,
      count: 4,
      forked: [],
    })
    expect(view.members.map(({ name, role, rank, addedBy }) => [name, role, rank, addedBy])).toEqual([
      ['O', 'owner', 1_000_000, null],
      ['V', 'operator', 700, idText('dev', scribe.actor('O').device)],
    ])
    expect(rolesOf(scribe.stateOf()).map(({ role, holders }) => `${role} ${holders}`)).toEqual([
      'owner 1',
      'admin 0',
      'operator 1',
      'user 0',
      'sync-role 0',
    ])
  })

  it('logs every command with what it is now', () => {
    const log = teamLog(scribe.replica('O'), 3)
    expect(
      log.map(({ kind, authorName, standing, code, summary }) => [kind, authorName, standing, code, summary]),
    ).toEqual([
      ['AddDevice', 'O', 'effective', null, expect.stringContaining('U (12D3KooW') as string],
      ['AddDevice', 'O', 'effective', null, expect.stringContaining('as operator') as string],
      ['RemoveDevice', 'O', 'effective', null, 'removed U'],
    ])
  })
})

describe('a DEVICE argument', () => {
  it('is a device id, a PeerId, another form of the key, or a name that one member has', () => {
    const state = scribe.stateOf()
    const { device, identity } = scribe.actor('V')
    for (const text of [idText('dev', device), identity.peer, identity.axKey, 'V'])
      expect(resolveDevice(state, text)).toMatchObject({ name: 'V' })
    expect(resolveDevice(state, 'U')).toMatchObject({ code: 'ERR_TEAM_UNKNOWN_DEVICE' })
    expect(resolveDevice(state, idText('dev', scribe.actor('U').device))).toMatchObject({
      code: 'ERR_TEAM_UNKNOWN_DEVICE',
    })
    const twin = {
      ...state,
      members: [...state.members].reduce(
        (table, [key, member]) => table.with(key, { ...member, name: 'same' }),
        state.members,
      ),
    }
    expect(resolveDevice(twin, 'same')).toMatchObject({ code: 'ERR_TEAM_AMBIGUOUS' })
  })
})
