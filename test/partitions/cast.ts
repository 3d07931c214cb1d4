import { type Scenario } from '../law/notation.ts'
import { actorsOf } from './drivable.ts'
import { Country, type Place } from './place.ts'

/**
 * Daemons that play one line after the other, each time with a team of its own. One that has announced keys in a line is
 * not asked again: a device has four at most, and the next line counts on one.
 */
export class Cast {
  readonly country: Country
  readonly #spent = new Set<Place>()
  #settled = 0

  constructor(name: string) {
    this.country = new Country(name)
  }

  /** Daemons for all who act in a line, and for O. */
  async lease({ setup, sides }: Scenario): Promise<Map<string, Place>> {
    const steps = [...setup, ...sides.flatMap((side) => side.steps)]
    const names = [...new Set(['O', ...steps.flatMap(actorsOf)])]
    for (const place of [...this.#spent]) {
      this.#spent.delete(place)
      await this.country.abandon(place)
    }
    const lease = new Map<string, Place>()
    for (const [i, name] of names.entries()) {
      const place = this.country.places[i] ?? (await this.country.settle(`node-${String((this.#settled += 1))}`))
      lease.set(name, place)
    }
    const keyed = new Set(steps.filter(({ verb }) => verb === 'act' || verb === 'addKey').map(({ author }) => author))
    for (const name of keyed) this.#spent.add(lease.get(name) as Place)
    return lease
  }

  end(): Promise<void> {
    return this.country.end()
  }
}
