// Draws the picture of the microphone's steps; fetched only when the help opens.
import { element } from "./screens.js";
import { say } from "./words.js";

export function draw(steps) {
  const picture = element("trouble-picture");
  Object.assign(picture.style, { display: "block", width: "100%", height: "auto", margin: "10px 0" });
  picture.alt = say(`trouble.picture_${steps}`);
  picture.src = new URL(`./help-${steps}.svg`, import.meta.url);
}
