"""What the command line and the panels let a person choose among. Nothing heavy is imported here."""

FRAME_MODES = ("same-frame", "pipelined")  # see FrameOrder in frame.py
AXES = {"+z": (0.0, 0.0, 1.0), "-z": (0.0, 0.0, -1.0), "+y": (0.0, 1.0, 0.0), "-y": (0.0, -1.0, 0.0),
        "+x": (1.0, 0.0, 0.0), "-x": (-1.0, 0.0, 0.0)}  # that may point up
SLIDER_ERROR = 16.0  # pixels that the proxy's goes to in the window
