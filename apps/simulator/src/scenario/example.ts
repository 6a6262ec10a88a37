/** What `kedge simulate --example` prints: a scenario with everything that there is. A test reads it. */
export const exampleScenario = `# A scenario for: kedge simulate --scenario FILE. Everything may be left out; flags go over what stands here.
formatVersion: 1
name: sim               # devices are sim-00001, sim-00002, ...; their label simulation=sim
devices: 200
seed: 7                 # rows, faults and times come from it
labels:
  site: [oslo, lyon, turin]   # one each in turn
  line: "3"                   # the same for all
interval: 10s           # length of a window
rows: 60                # predictions in it
pool: null              # or 500: draw windows without drift from so many counted beforehand (less work, for load)
duration: 10m           # null: until Ctrl-C
drain: 60s              # how long what is not acknowledged is waited for at the end
ramp: null              # how long the devices take to connect at first; null: 200 a second
outboxBytes: 4194304

drift:                  # times count from the first window on
  - selector: site=oslo
    at: 5m
    features: [temperature]   # null: every input of the kind
    change: { kind: mean, by: 0.5 }            # of the reference's standard deviations
  - selector: site=lyon
    at: 4m
    over: 3m                                   # comes gradually
    change: { kind: spread, by: 1.5 }
  - { selector: "site=turin", at: 3m, until: 6m, features: [vibration], change: { kind: stuck } }
  - { at: 7m, features: [current], change: { kind: missing, share: 0.3 } }
  - { at: 8m, features: [temperature], change: { kind: unit, by: 1.8, offset: 32 } }
  - { at: 9m, features: [mode], change: { kind: mix, category: idle, share: 0.5 } }

faults:
  link:                 # of what is acknowledged end to end, and of the acknowledgements
    loss: 0.01          # gone, although the broker said that it has it
    duplication: 0.01
    reordering: 0.02
    delay: [20ms, 200ms]
  clock: { skew: 5m, share: 0.1, withoutShare: 0.05 }   # clocks that are off; devices without one
  storm: { every: 3m }                                  # all connections cut at once
  crash: { every: 1m, share: 0.05, downFor: 2s }        # a new boot epoch each; the outbox stays
  update: { selfTest: 0.02, probation: 0.01 }           # devices on which a new bundle fails
  brokerKill: null      # { every: 5m, pid: 1234 }, { every: 5m, unit: mosquitto.service } or { every: 5m, command: [mosquitto, -c, m.conf] }
`;
