/** How files in HDF5 start: with a signature, or, if MATLAB 7.3 wrote them, with a text in a block of 512 bytes before. */

/** The first bytes of HDF5, one character a byte. */
export const HDF5_SIGNATURE = "\x89HDF\r\n\x1a\n";

/** The first bytes of a .mat file that is HDF5. */
export const MATLAB_TEXT = "MATLAB 7.3 MAT-file";
