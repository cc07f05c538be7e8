/** Set-up of every test file. */
import { leaveNothing } from "./leaks";

leaveNothing();
