'use strict'
/**
 * The floors of ARCHITECTURE.md, checked: first the table against itself and the folders, then every import against the
 * table. Run in the directory to be checked. Exit 0 when nothing is wrong.
 */
const { spawnSync } = require('node:child_process')
const path = require('node:path')
const { readFloorTable, findTableFaults } = require('./floor-table.cjs')

const root = process.cwd()
const home = path.join(__dirname, '..')
const faults = findTableFaults(readFloorTable(root), root)
for (const fault of faults) console.error(`floors: ${fault}`)

const cruise = path.join(home, 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruise.mjs')
const config = path.join(home, '.dependency-cruiser.cjs')
const args = [cruise, '--config', config, '--output-type', 'err', 'src']
const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' })

process.exitCode = faults.length > 0 || status !== 0 ? 1 : 0
