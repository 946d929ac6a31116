// Package folder reads pictures that lie in a folder for each class.
//
//  1. Decode turns a file into 8-bit RGB, upright, as PIL's convert("RGB") does;
//  2. Picture.Centre is the view of it that evaluation takes, torchvision's Resize(256 N/224) and
//     CenterCrop(N); Picture.Random a view to train on, RandomResizedCrop(N);
//  3. Load is both for one file.
package folder
