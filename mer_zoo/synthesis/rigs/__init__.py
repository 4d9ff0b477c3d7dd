"""How a face moves: rigs of face units, furrows, and the portrait that carries them."""
