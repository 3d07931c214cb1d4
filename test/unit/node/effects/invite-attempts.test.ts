import { describe, expect, it } from 'vitest'
import { limits } from '../../../../src/base/index.ts'
import { InviteAttempts } from '../../../../src/node/effects/invite-attempts.ts'

const most = limits.inviteAttemptsPerMinuteMax
const minute = 60_000

describe('attempts to join', () => {
  it('are ten a minute and source; each counts for a minute', () => {
    const attempts = new InviteAttempts()
    for (let at = 0; at < most; at++) expect(attempts.take('a', at)).toBe(true)
    expect(attempts.take('a', most)).toBe(false)
    expect(attempts.take('b', most)).toBe(true)
    expect(attempts.take('a', minute)).toBe(true)
    expect(attempts.take('a', minute)).toBe(false)
  })

  it('that were refused do not count: who goes on is let in again as soon as who waits', () => {
    const attempts = new InviteAttempts()
    for (let at = 0; at < most; at++) attempts.take('a', 0)
    for (let at = 1; at < minute; at += 100) expect(attempts.take('a', at)).toBe(false)
    expect(attempts.take('a', minute)).toBe(true)
  })

  it('sec/I1 are bounded for all sources together, and so is what is remembered', () => {
    const attempts = new InviteAttempts()
    let taken = 0
    for (let source = 0; source < limits.inviteAttemptsInAllPerMinuteMax + 100; source++)
      if (attempts.take(`source ${String(source)}`, 0)) taken++
    expect(taken).toBe(limits.inviteAttemptsInAllPerMinuteMax)
    expect(attempts.take('source 1', minute)).toBe(true)
  })

  it('before a clock that was set back count no more', () => {
    const attempts = new InviteAttempts()
    for (let at = 0; at < most; at++) attempts.take('a', 10 * minute)
    expect(attempts.take('a', 0)).toBe(true)
  })
})
