import { expect, it } from 'vitest'
import type { CborMap } from '../../../src/codec/index.ts'
import { openKeys } from '../../../src/keys/index.ts'
import { isAssigned } from '../../../src/team/assigned.ts'
import { isName, isRoleName, readAct } from '../../../src/team/body.ts'
import { Scribe } from '../../helpers/team-scribe.ts'

const spaced = (code: number): string => `a${String.fromCodePoint(code)}b`

it('a name is NFC of 1 to 128 bytes, without what controls or turns', () => {
  for (const good of ['a', 'Zoë', '東京 3', 'x'.repeat(128), 'é'.repeat(64), '🐑']) expect(isName(good)).toBe(true)
  for (const bad of ['', 'x'.repeat(129), 'é'.repeat(65), 'e\u0301', '\ud800', 7, null]) expect(isName(bad)).toBe(false)
  const turning = [0x61c, 0x200e, 0x200f, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069]
  for (const code of [0, 9, 0x0a, 0x1b, 0x7f, 0x85, 0x9f, 0x2028, 0x2029, ...turning])
    expect(isName(spaced(code))).toBe(false)
})

it('a name has no character that some Node.js does not know yet: what NFC makes of it would differ (I11)', () => {
  // Marks of Unicode 17 and 15, a vowel of 16, an emoji of 15; a gap in every version; what is no character.
  for (const code of [0x1acf, 0x10efd, 0x16d67, 0x1fae8, 0x378, 0xffff, 0x10ffff])
    expect(isName(spaced(code))).toBe(false)
  // First and last of runs, and what Unicode 14 brought.
  for (const code of [0x20, 0x377, 0x37a, 0xe000, 0x1ace, 0x1faf6, 0x2a6df, 0x10fffd])
    expect(isAssigned(spaced(code))).toBe(true)
})

it('what the table holds for assigned is assigned in this Node.js, too', () => {
  let assigned = 0
  for (let code = 0; code <= 0x10ffff; code++) {
    const text = String.fromCodePoint(code)
    if ((code >= 0xd800 && code < 0xe000) || !isAssigned(text)) continue
    assigned++
    if (/\p{Cn}/u.test(text)) expect.fail(code.toString(16))
  }
  // 144,697 characters, 137,468 of private use, 65 controls (Unicode 14.0).
  expect(assigned).toBe(282_230)
})

it('a role is a lower-case word', () => {
  for (const good of ['user', 'sync-role', '9.x_y']) expect(isRoleName(good)).toBe(true)
  for (const bad of ['', 'User', '-x', 'a b', 'ä', 'a\n']) expect(isRoleName(bad)).toBe(false)
})

it('the law of a team is 1; of a newer one nothing is judged, of none nothing is taken', async () => {
  const scribe = new Scribe(await openKeys())
  const { body } = scribe.found('O')
  const said = (change: CborMap) => readAct({ kind: 'CreateTeam', body: { ...body, ...change } })
  expect(said({}).kind).toBe('CreateTeam')
  expect(said({ policy: 2, more: [1] })).toMatchObject({ code: 'ERR_TEAM_UNKNOWN_KIND' })
  for (const policy of [0, -1, '1', null])
    expect(said({ policy })).toMatchObject({ code: 'ERR_TEAM_BAD_PAYLOAD', data: { field: 'policy' } })
  expect(said({ more: 1 })).toMatchObject({ code: 'ERR_TEAM_BAD_PAYLOAD' })
})
