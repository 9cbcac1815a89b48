/** The page of a profile: reads the data that was embedded and fills every section. */
import { byId } from "../page/dom.ts";
import { themeButton } from "../page/theme.ts";
import type { ProfileReport } from "../profile-data.ts";
import { energy } from "./energy.ts";
import { header, summary } from "./header.ts";
import { layers } from "./layers.ts";
import { numbers } from "./numbers.ts";

const report = JSON.parse(byId("data").textContent) as ProfileReport;

themeButton();
header(report);
summary(report);
layers(report);
energy(report);
numbers(report);
