// What any static Swift program costs to start.
print("Hello.")
