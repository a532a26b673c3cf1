from scratchgrade.cli import main

main()
