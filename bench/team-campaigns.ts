// The campaigns of TEAM.md 4 with the production engine: attacks made, and how many broke the promise.
// --seconds=N for each campaign, --teams=N teams at most, --first=N first seed, --only=N,N numbers of campaigns.
import { campaigns, runCampaign } from '../test/campaigns/campaigns.ts'
import { machineLine } from './machine.ts'

const option = (name: string): string | undefined =>
  process.argv.find((word) => word.startsWith(`--${name}=`))?.split('=')[1]
const seconds = Number(option('seconds') ?? 60)
const teams = Number(option('teams') ?? 1_000_000)
const first = Number(option('first') ?? 1)
const only = option('only')?.split(',').map(Number)

console.log('team-campaigns: attacks from any earlier points, with the production engine')
console.log(machineLine())
for (const [number, campaign] of campaigns.entries()) {
  if (only !== undefined && !only.includes(number)) continue
  const end = performance.now() + seconds * 1_000
  let [kept, seed] = [0, first]
  const broken: string[] = []
  for (; seed < first + teams && performance.now() < end; seed++) {
    const result = runCampaign(campaign, seed)
    if (result === 'kept') kept++
    else if (result !== 'none') broken.push(`  seed ${seed}: ${result.slice(0, 160)}`)
  }
  const limit = campaign.isLimit === true ? ' (a limit: nothing is promised)' : ''
  console.log(
    `${number} ${campaign.name}${limit}: ${seed - first} teams, ${kept + broken.length} attacks, ${broken.length} broke it`,
  )
  for (const line of broken.slice(0, 5)) console.log(line)
}
