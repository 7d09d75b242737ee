import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # desk_moments, shared by this folder's tests
