import { execFileSync, spawn, type ChildProcess, type SpawnOptions } from 'node:child_process'

/** True where network namespaces and bridges can be made: Linux, root, `ip`. */
export function canPartition(): boolean {
  try {
    const network = new Network('probe')
    try {
      network.add('one')
      return true
    } finally {
      network.close()
    }
  } catch {
    return false
  }
}

/**
 * A network of its own for every process, all of them joined by bridges: who is on the same bridge hears each other. To
 * split it is to move cables; no packet of one side reaches the other, and no connection is told so. The bridges have a
 * network of their own, too: the firewall of the machine may drop what crosses a bridge.
 */
export class Network {
  readonly #tag: string
  readonly #nodes = new Map<string, number>()
  #bridges = 0

  constructor(name: string) {
    // Names of links have 15 characters.
    this.#tag = `hx${String(process.pid % 10_000)}${name.slice(0, 1)}`
    attempt('netns', 'add', this.#hub)
    this.#bridge(0)
  }

  /** A new place; its address. */
  add(name: string): string {
    const number = this.#nodes.size + 1
    this.#nodes.set(name, number)
    const [space, cable] = [this.#space(number), this.#cable(number)]
    const address = `10.213.7.${String(number)}`
    ip('netns', 'add', space)
    this.#inHub('link', 'add', cable, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', space)
    this.#inHub('link', 'set', cable, 'master', this.#bridgeName(0), 'up')
    ip('-n', space, 'address', 'add', `${address}/24`, 'dev', 'eth0')
    for (const link of ['lo', 'eth0']) ip('-n', space, 'link', 'set', link, 'up')
    return address
  }

  /** Starts a program at that place. */
  spawn(name: string, words: readonly string[], options: SpawnOptions): ChildProcess {
    return spawn('ip', ['netns', 'exec', this.#space(this.#numberOf(name)), ...words], options)
  }

  /** Only those of one group hear each other; who is in none hears nobody. */
  split(groups: readonly (readonly string[])[]): void {
    for (const [name, number] of this.#nodes) {
      const group = groups.findIndex((one) => one.includes(name))
      if (group === -1) this.#inHub('link', 'set', this.#cable(number), 'nomaster')
      else this.#inHub('link', 'set', this.#cable(number), 'master', this.#bridge(group + 1))
    }
  }

  /** Everybody hears everybody. */
  heal(): void {
    for (const number of this.#nodes.values())
      this.#inHub('link', 'set', this.#cable(number), 'master', this.#bridgeName(0))
  }

  /** Everything is gone, as if it had never been. */
  close(): void {
    for (const number of this.#nodes.values()) attempt('netns', 'del', this.#space(number))
    // Its bridges and the ends of the cables go with it.
    attempt('netns', 'del', this.#hub)
    this.#nodes.clear()
  }

  get #hub(): string {
    return `${this.#tag}hub`
  }

  #inHub(...words: readonly string[]): void {
    ip('-n', this.#hub, ...words)
  }

  #bridge(n: number): string {
    for (; this.#bridges <= n; this.#bridges++) {
      const name = this.#bridgeName(this.#bridges)
      this.#inHub('link', 'add', name, 'type', 'bridge')
      this.#inHub('link', 'set', name, 'up')
    }
    return this.#bridgeName(n)
  }

  #bridgeName(n: number): string {
    return `${this.#tag}b${String(n)}`
  }

  #space(number: number): string {
    return `${this.#tag}n${String(number)}`
  }

  #cable(number: number): string {
    return `${this.#tag}v${String(number)}`
  }

  #numberOf(name: string): number {
    const number = this.#nodes.get(name)
    if (number === undefined) throw new Error(`nobody is called ${name}`)
    return number
  }
}

function ip(...words: readonly string[]): void {
  execFileSync('ip', words, { stdio: ['ignore', 'ignore', 'pipe'] })
}

function attempt(...words: readonly string[]): void {
  try {
    ip(...words)
  } catch {
    // What is not there needs not be taken away; what cannot be made is missed by who needs it.
  }
}
