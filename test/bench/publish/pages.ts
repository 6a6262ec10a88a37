import { attributionFigures } from "../attribution/figures.js";
import { detectorFigures } from "../detectors/figures.js";
import { staticFigures } from "../false-alarms/figures.js";
import { powerFigures } from "../power/figures.js";
import { profileFigures } from "../profile/figures.js";
import { edgeFigures } from "../edge/figures.js";
import { fleetFigures } from "../fleet/figures.js";
import { imageFigures } from "../images/figures.js";
import { cameraTables } from "./camera-tables.js";
import { detectorTables } from "./detector-tables.js";
import { edgeTables } from "./edge-tables.js";
import type { BenchPage } from "./page.js";
import { vectorTable } from "./vector-table.js";

/** What is published, in the order of the document. A new benchmark is one entry here. */
export const pages: readonly BenchPage[] = [
  {
    name: "false-alarms",
    title: "False alarms",
    says: "Windows and references of one and the same law, drawn anew in every trial: how often is a difference called at the level .05? Then fleets under the monitor that collectors run, a look after each window: who is ever flagged? `fleetAr09Small` has no bar: 200 such rows tell as much as some ten independent ones.",
    figures: [...staticFigures, ...fleetFigures],
  },
  {
    name: "attribution",
    title: "Who it is",
    says: "Two hundred devices in ten cohorts, judged by the collector's monitor after each window of 200 rows; after some quiet windows one node moves. Right is only a run in which exactly that node is named within three windows, and no other.",
    figures: attributionFigures,
  },
  {
    name: "power",
    title: "Power",
    says: "Windows of a changed law against a reference of N(0, 1), at the level .05: how often is the change found, from counts alone?",
    figures: powerFigures,
    tables: vectorTable,
  },
  {
    name: "detectors",
    title: "Change detectors",
    says: 'Every detector as it comes. False alarms in runs of 10,000 stationary values; then changes after 5,000 values, which must be found within 2,000. "Found by its own chance" is what alarms at the detector\'s own false rate would find without looking: a recall that is no higher means nothing.',
    figures: detectorFigures,
    tables: detectorTables,
  },
  {
    name: "profile",
    title: "What profiling costs a device",
    says: "Rows of 32 numeric features after four laws (normal, uniform, long-tailed, counts), one value in 500 missing, not a number or a text; 32 bins a feature from 10,000 reference rows.",
    figures: profileFigures,
  },
  {
    name: "edge",
    title: "Watching on the device",
    says: "Eight devices at two sites, a row a second, heartbeats every 15 minutes. At one site something changes at a random moment; the same rows are also sent as a window every minute. A lens that gets dirty moves inputs and answers; a change of the inputs alone is not seen by detectors of the answers and waits for the heartbeat. What it means: [edge-budget.md](edge-budget.md).",
    figures: edgeFigures,
    tables: edgeTables,
  },
  {
    name: "images",
    title: "Cameras",
    says: "The real images and the real model of `npm start`, on six cameras at three sites. Windows of 50 frames, a look after each over the last ten; a look-back of ordinary frames goes before. Which 1,000 images make the reference and what each camera shows is drawn anew in every trial. Found: a cause named with a disturbed camera within 1,000 frames. What it means: [cameras.md](cameras.md).",
    figures: imageFigures,
    tables: cameraTables,
  },
];
