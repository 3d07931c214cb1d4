import { describe, expect, it } from 'vitest'
import {
  formatInviteLine,
  formatJoinLine,
  looksLikeInvite,
  parseInviteLine,
  type InviteLine,
} from '../../../src/codec/index.ts'
import { expectCode, valueOrCode } from '../../helpers/expect-code.ts'
import { mutateText } from '../../helpers/mutate.ts'
import { createSeededRandomness } from '../../helpers/seeded-randomness.ts'

const random = createSeededRandomness(16)
const invite: InviteLine = {
  code: random.bytes(20),
  team: random.bytes(32),
  peer: '12D3KooWJsUwwrcHx8nqqBFdwGk3kSNYy1EKoKANnbyTj3jMBjPF',
  addresses: ['/ip4/10.0.0.1/tcp/4001', '/dns4/node.example/tcp/4001'],
  fingerprint: '00112233445566778899aabbccddeeff',
}
const withKey: InviteLine = { ...invite, key: random.bytes(32) }

describe('invite codes', () => {
  it('carry the secret, the team, the server and how to reach it', () => {
    expect(parseInviteLine(formatInviteLine(invite))).toEqual(invite)
    expect(parseInviteLine(formatInviteLine(withKey))).toEqual(withKey)
    const text = formatInviteLine(invite)
    expect(text).toMatch(/^hyrax-invite1:[A-Z2-7]{32}@team_b[a-z2-7]{52}\/12D3KooW/)
    const { code: _code, ...line } = invite
    expect(`hyrax-join1:${text.slice(text.indexOf('@') + 1)}`).toBe(formatJoinLine(line))
    expect(looksLikeInvite(text)).toBe(true)
    expect(looksLikeInvite(formatJoinLine(line))).toBe(false)
  })

  it('are refused in any other spelling', () => {
    const text = formatInviteLine(invite)
    const { team: _team, ...teamless } = invite
    const broken = [
      '',
      text.replace('invite1', 'invite2'),
      ` ${text}`,
      `${text}\n`,
      text.replace('@', '/'),
      text.replace(/:[A-Z2-7]{32}@/, (found) => found.toLowerCase()),
      text.replace(/:[A-Z2-7]/, ':'),
      text.replace(/:[A-Z2-7]{32}@/, ':@'),
      text.replace(/@team_b[a-z2-7]+/, '@'),
      text.replace('@team_', '@dev_'),
      text.replace(/\?.*/, ''),
      `${text}&key=AAAA`,
      text.replace('10.0.0.1', '0.0.0.0'),
      formatJoinLine(teamless),
    ]
    for (const changed of broken) expectCode('ERR_TEAM_INVITE_CODE_INVALID', () => parseInviteLine(changed))
  })

  it('sec/K6 are not repeated by an error', () => {
    const text = formatInviteLine(withKey)
    const error = expectCode('ERR_TEAM_INVITE_CODE_INVALID', () =>
      parseInviteLine(text.replace('10.0.0.1', '10.0.0.256')),
    )
    const said = `${error.message} ${JSON.stringify(error.data)} ${String(error.cause)}`
    expect(said).not.toContain(text.slice(14, 46))
    expect(said).not.toContain(text.slice(-20))
  })

  it('sec/FZ4 10,000 mutations: one spelling', () => {
    const texts = [formatInviteLine(invite), formatInviteLine(withKey)]
    for (let round = 0; round < 10_000; round++) {
      const text = mutateText(random.pick(texts), random)
      const read = valueOrCode(() => parseInviteLine(text))
      if ('value' in read) expect(formatInviteLine(read.value)).toBe(text)
      else expect(read.code).toBe('ERR_TEAM_INVITE_CODE_INVALID')
    }
  })
})
