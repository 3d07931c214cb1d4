// The campaigns of TEAM.md 4 with the production engine: attacks made, and how many broke the promise.
// --seconds=N in all, --teams=N teams at most, --first=N first seed, --attacks=N by each campaign on each team (8),
// --only=N,N numbers of campaigns. A broken promise is replayed by --first=SEED --teams=1 --only=NUMBER.
import { attackOn, campaigns } from '../test/campaigns/campaigns.ts'
import { liveOn, type LivedOptions } from '../test/campaigns/team.ts'
import { machineLine } from './machine.ts'

const option = (name: string): string | undefined =>
  process.argv.find((word) => word.startsWith(`--${name}=`))?.split('=')[1]
const seconds = Number(option('seconds') ?? 600)
const teamsMax = Number(option('teams') ?? 1_000_000)
const first = Number(option('first') ?? 1)
const attacks = Number(option('attacks') ?? 8)
const only = option('only')?.split(',').map(Number)
/** What the page's own campaigns did not cover. */
const watched: Readonly<Record<string, readonly string[]>> = {
  RotateKey: ['RotateKey'],
  'swarm keys': ['RotateSwarmKey', 'RetireSwarmKey'],
  operators: ['TrustOperator', 'DistrustOperator'],
  claims: ['RevokeClaim'],
}

const rows = campaigns.map((campaign, number) => ({ campaign, number, made: 0, broken: [] as string[] }))
const chosen = rows.filter(({ number }) => only?.includes(number) ?? true)
const forged = new Map<string, number>()
let [teams, commands, seed] = [0, 0, first]
const end = performance.now() + seconds * 1_000
for (; seed < first + teamsMax && performance.now() < end; seed++) {
  for (const lived of [{}, { isBestForked: true }, { isRare: true }] as const) {
    const among = chosen.filter(({ campaign }) => isIn(campaign, lived))
    if (among.length === 0) continue
    const team = liveOn(seed, { devices: 3 + (seed % 8), ...lived })
    if (team === undefined) continue
    teams++
    commands += team.commands.length
    for (const row of among) for (let n = 0; n < attacks; n++) count(row, n, team)
  }
}

console.log('team-campaigns: attacks from any earlier points, with the production engine')
console.log(machineLine())
const sum = [...forged.values()].reduce((all, one) => all + one, 0)
console.log(`seeds ${first} to ${seed - 1}: ${teams} teams, ${commands} commands, ${sum} forged commands, among them`)
const of = (kinds: readonly string[]): number => kinds.reduce((all, kind) => all + (forged.get(kind) ?? 0), 0)
console.log(
  Object.entries(watched)
    .map(([name, kinds]) => `${name} ${of(kinds)}`)
    .join(', '),
)
for (const { campaign, number, made, broken } of chosen) {
  const limit = campaign.isLimit === true ? ' (a limit: nothing is promised)' : ''
  console.log(`${number} ${campaign.name}${limit}: ${made} attacks, ${broken.length} broke it`)
  for (const line of broken.slice(0, 5)) console.log(line)
}

function isIn(
  { isBestForked, isRare }: Pick<LivedOptions, 'isBestForked' | 'isRare'>,
  lived: Partial<LivedOptions>,
): boolean {
  return isBestForked === lived.isBestForked && isRare === lived.isRare
}

function count(row: (typeof rows)[number], n: number, team: Parameters<typeof attackOn>[0]): void {
  const { result, kinds } = attackOn(team, row.campaign, n)
  for (const kind of kinds) forged.set(kind, (forged.get(kind) ?? 0) + 1)
  if (result === 'none') return
  row.made++
  if (result !== 'kept') row.broken.push(`  seed ${seed}, attack ${n}: ${result.slice(0, 160)}`)
}
