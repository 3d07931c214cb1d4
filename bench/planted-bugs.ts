// How many seeds of the simulation it takes to find each planted bug (TEAM.md 12): the median over several beginnings.
// --trials=N beginnings, --most=N seeds at most from each.
import { hunted, seedsToFind } from '../test/sim/planted.ts'
import { machineLine, median } from './machine.ts'

const option = (name: string, otherwise: number): number =>
  Number(process.argv.find((word) => word.startsWith(`--${name}=`))?.split('=')[1] ?? otherwise)
const trials = option('trials', 5)
const most = option('most', 400)

console.log('planted-bugs: seeds that the simulation needs to find each')
console.log(machineLine())
for (const one of hunted) {
  const found: (number | undefined)[] = []
  for (let trial = 1; trial <= trials; trial++) found.push(await seedsToFind(one, 10_000 * trial + 1, most))
  const missed = found.filter((n) => n === undefined).length
  const words = found.map((n) => n ?? `>${most}`).join(', ')
  const middle = median(found.map((n) => n ?? Infinity))
  console.log(
    `${one.number} ${one.bug} (${one.where}): median ${middle} of ${words}${missed > 0 ? `, ${missed} not found` : ''}`,
  )
}
