import { expect, it } from 'vitest'
import { describe as describeCode } from '../../../../src/base/index.ts'
import { failureWarning, forkWarning } from '../../../../src/node/effects/team-warnings.ts'

it('a device that forked: what it costs, and what to do', () => {
  const { message, hint } = describeCode('ERR_TEAM_FORKED', { device: 'dev_bx', lost: 2 })
  const told = forkWarning('dev_bx', 2)
  expect(told).toBe(`${message} ${hint ?? ''}`)
  expect(told).toContain('dev_bx')
  expect(told).toContain('2 of them')
  expect(told).toMatch(/backup\?.*once more what was void/)
})

it('commands that cannot be resolved: a bug, and that nothing is authored', () => {
  expect(failureWarning('x is no y')).toMatch(/x is no y.*bug.*report it/)
})
