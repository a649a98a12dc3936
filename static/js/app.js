// The one script of the product. Every page works without it; it only saves steps.
// At collectstatic these imports are replaced by what they name (otc/static_bundle.py), so a browser fetches one file.
import "../vendor/htmx/htmx.min.js";
import { startDialogs } from "./dialogs.js";
import { startDrawer } from "./drawer.js";
import { startInserting } from "./inserting.js";
import { startKeys } from "./keys.js";
import { startPalette } from "./palette.js";
import { startPicking } from "./picking.js";
import { startSwaps } from "./swaps.js";
import { startTheme } from "./theme.js";
import { startToasts } from "./toasts.js";
import { startTrack } from "./track.js";

startToasts();
startDialogs();
startDrawer();
startTheme();
startPicking();
startPalette();
startKeys();
startSwaps();
startTrack();
startInserting();
