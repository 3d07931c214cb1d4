import { describe, expect, it } from 'vitest'
import { campaigns, runCampaign } from './campaigns.ts'

const teams = Number(process.env['HYRAX_CAMPAIGN_TEAMS'] ?? '30')
const first = Number(process.env['HYRAX_CAMPAIGN_FIRST'] ?? '1')

/** The campaigns of TEAM.md 4, with the engine that ships. Many more of them are run by `bench/run.cjs team-campaigns`. */
describe('attacks from any earlier points', () => {
  it.each(campaigns.filter(({ isLimit }) => isLimit !== true))(
    'I4, I3, I5: $name',
    (campaign) => {
      const results = Array.from({ length: teams }, (_, n) => ({
        seed: first + n,
        result: runCampaign(campaign, first + n),
      }))
      expect(results.filter(({ result }) => result !== 'none' && result !== 'kept')).toEqual([])
    },
    120_000,
  )

  it('enough of them can be made to mean something', () => {
    const [alone] = campaigns
    const results = Array.from({ length: 40 }, (_, n) => alone && runCampaign(alone, 1 + n))
    expect(results.filter((result) => result === 'kept').length).toBeGreaterThan(5)
  })
})
